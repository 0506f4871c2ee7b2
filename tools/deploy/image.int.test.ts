import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, linkSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '@tenantry/stack/ports.ts';
import { serviceNames, type ServiceName } from '@tenantry/stack/services.ts';
import { testServers } from '@tenantry/testing';
import { root } from './files.ts';

const { layOut } = (await import(join(root, 'tools/deploy/image/folder.mjs'))) as {
  layOut: (root: string, app: string, target: string, place: (from: string, to: string) => void) => number;
};

const nobody = 65534;
const isRoot = process.getuid?.() === 0;
let folder: string;
let node: string;

const copies = new Map<string, string>();
/** Of a file that several images hold there is one copy under several names: nobody may write to it in any. */
function place(from: string, to: string): void {
  const copy = copies.get(from);
  if (copy) linkSync(copy, to);
  else copyFileSync(from, to);
  if (!copy) copies.set(from, to);
}

/** As `COPY --from=build` and `USER` do it: owned by somebody else, and nothing of it can be written. */
function lockUp(path: string): void {
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    const full = join(entry.parentPath, entry.name);
    if (!entry.isSymbolicLink()) chmodSync(full, entry.isDirectory() ? 0o555 : 0o444);
  }
  chmodSync(path, 0o555);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenantry-image-'));
  // Where the workspace lies, another user may not be let in.
  node = join(folder, 'node');
  copyFileSync(process.execPath, node);
  chmodSync(node, 0o555);
  for (const app of serviceNames) layOut(root, app, join(folder, app), place);
  for (const app of serviceNames) lockUp(join(folder, app));
  chmodSync(folder, 0o555);
}, 60_000);
afterAll(() => {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isDirectory()) chmodSync(join(entry.parentPath, entry.name), 0o755);
  rmSync(folder, { recursive: true, force: true });
});

/** The image's entry, in an environment of its own and nothing to write to. */
function run(app: ServiceName, env: Record<string, string> = {}): { child: ChildProcess; output: () => string } {
  const cwd = join(folder, app, 'apps', app);
  const user = isRoot ? { uid: nobody, gid: nobody } : {};
  const child = spawn(node, ['dist/main.js'], { cwd, env: { TMPDIR: '/nonexistent', ...env }, ...user });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (text += bytes.toString()));
  return { child, output: () => text };
}

describe.each(serviceNames)('the image of %s', (app) => {
  test('starts with nothing but what it was given, and says what it lacks', async () => {
    const { child, output } = run(app);
    const [code] = (await once(child, 'exit')) as [number];
    expect([code, output()]).toEqual([
      1,
      expect.stringMatching(/^These settings are missing or wrong:\n( {2}\w+: is not set\n)+$/),
    ]);
  });

  test('holds no tests, no types, and nothing for development', () => {
    const files = readdirSync(join(folder, app), { recursive: true }).map(String);
    expect(files.filter((file) => /\.test\.js$|\.d\.ts$|\.map$/.test(file))).toEqual([]);
    for (const tool of ['typescript', 'jest', 'nx', 'eslint', 'prettier', '@swc/core'])
      expect(files).not.toContain(join('node_modules', tool));
  });
});

test('a service runs from its image as another user, unable to write, until it is told to leave', async () => {
  const { natsUrl, natsPasswords } = testServers();
  const port = await freePort();
  const { child, output } = run('users', {
    NATS_URL: natsUrl,
    NATS_USER: 'users',
    NATS_PASSWORD: natsPasswords['users']!,
    MASTER_KEY: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64'),
    HEALTH_PORT: String(port),
  });
  const isReady = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  for (const late = Date.now() + 20_000; !(await isReady()) && Date.now() < late && child.exitCode === null;)
    await sleep(100);
  expect([await isReady(), output()]).toEqual([true, expect.stringContaining('"ready"')]);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
}, 40_000);
