import { chmodSync, copyFileSync, linkSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newNatsPasswords } from '@tenantry/stack/passwords.ts';
import { freePort } from '@tenantry/stack/ports.ts';
import { start as startNats, type NatsPasswords } from '@tenantry/stack/servers/nats.ts';
import type { Started } from '@tenantry/stack/servers/start-server.ts';
import { serviceNames, type ServiceName } from '@tenantry/stack/services.ts';
import { OtlpReceiver, OwnPostgres, testServers, until } from '@tenantry/testing';
import { root } from './files.ts';
import { runCommand, type Running } from './run-command.ts';

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
}, 300_000);
const runs: Running[] = [];
afterAll(() => {
  for (const { child } of runs) child.kill('SIGKILL');
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isDirectory()) chmodSync(join(entry.parentPath, entry.name), 0o755);
  rmSync(folder, { recursive: true, force: true });
});

/** The image's entry, or another command of it, in an environment of its own and with nothing to write to. */
function run(app: ServiceName, env: Record<string, string> = {}, command = 'dist/main.js'): Running {
  const cwd = join(folder, app, 'apps', app);
  const user = isRoot ? { uid: nobody, gid: nobody } : {};
  const running = runCommand(node, [command], { cwd, env: { TMPDIR: '/nonexistent', ...env }, ...user });
  runs.push(running);
  return running;
}

describe.each(serviceNames)('the image of %s', (app) => {
  test('starts with nothing but what it was given, and says what it lacks', async () => {
    const { ended, output } = run(app);
    const [code] = await ended;
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

describe('with a bus and a database of their own', () => {
  let busFolder: string;
  let bus: Started | undefined;
  let passwords: NatsPasswords;
  let databases: [OwnPostgres, OwnPostgres] | undefined;
  const receiver = OtlpReceiver.start();
  beforeAll(async () => {
    passwords = newNatsPasswords();
    busFolder = mkdtempSync(join(tmpdir(), 'tenantry-image-bus-'));
    bus = await startNats({ dir: join(busFolder, 'data'), passwords });
    databases = await Promise.all([OwnPostgres.start(), OwnPostgres.start()]);
  }, 90_000);
  afterAll(async () => {
    for (const { child } of runs) child.kill('SIGKILL');
    await bus?.stop();
    rmSync(busFolder, { recursive: true, force: true });
    await Promise.all((databases ?? []).map((database) => database.stop()));
    (await receiver).close();
  }, 60_000);

  const masterKey = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64');

  interface Serving extends Running {
    readonly isReady: () => Promise<boolean>;
  }

  async function serve(app: ServiceName, env: Record<string, string> = {}): Promise<Serving> {
    const port = await freePort();
    const ofBus = { NATS_URL: bus!.url, NATS_USER: app, NATS_PASSWORD: passwords[app] };
    const running = run(app, { ...ofBus, HEALTH_PORT: String(port), MASTER_KEY: masterKey, ...env });
    const isReady = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
    return { ...running, isReady };
  }

  /** Waits until it takes work; raises with what it said where it does not. */
  async function untilReady({ child, output, isReady }: Serving): Promise<void> {
    const waited = until('it is ready', 30_000, () => child.exitCode !== null || isReady());
    await waited.catch((cause: unknown) => Promise.reject(new Error(output(), { cause })));
    if (child.exitCode !== null) throw new Error(output());
  }

  test('a service runs from its image as another user, unable to write, until it is told to leave', async () => {
    const users = await serve('users');
    await untilReady(users);
    await until('it says so', 10_000, () => users.output().includes('"ready"'));
    users.child.kill('SIGTERM');
    expect(await users.ended).toEqual([0, null]);
  }, 60_000);

  test.each([
    ['auth', 0, 'AUTH_DATABASE_URL'],
    ['tenant-registry', 1, 'REGISTRY_DATABASE_URL'],
  ] as const)(
    'the image of %s migrates, and serves only then',
    async (app, index, variable) => {
      const { url } = databases![index];
      const serving = await serve(app, { [variable]: url, PROVISIONER_URL: url });
      await until('it waits', 30_000, () => serving.output().includes('waiting for the migration'));
      expect([serving.child.exitCode, await serving.isReady()]).toEqual([null, false]);
      const migration = run(app, { [variable]: url }, 'dist/migrate.js');
      expect([await migration.ended, migration.output()]).toEqual([
        [0, null],
        expect.stringMatching(/database at version \d+\n$/),
      ]);
      await untilReady(serving);
    },
    90_000,
  );

  test('the gateway runs from its image beside those two, and sends its traces', async () => {
    const { env, spans } = await receiver;
    const port = String(await freePort());
    const gateway = await serve('gateway', { ...env, REDIS_URL: testServers().redisUrl, PORT: port });
    await untilReady(gateway);
    expect((await fetch(`http://127.0.0.1:${port}/v1/products`)).status).toBe(401);
    await until('its span has come', 20_000, () => spans.some(({ service }) => service === 'gateway'));
    gateway.child.kill('SIGTERM');
    expect(await gateway.ended).toEqual([0, null]);
  }, 60_000);
});

test('an image is no larger than it must be', () => {
  const sizes = serviceNames.map((app) => {
    const files = readdirSync(join(folder, app), { recursive: true, withFileTypes: true }).filter((file) =>
      file.isFile(),
    );
    const bytes = files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
    return [app, Math.round(bytes / 2 ** 20)] as const;
  });
  // What comes on top of Node's own image, in MB.
  for (const [app, size] of sizes) expect([app, size, size < 60]).toEqual([app, size, true]);
});
