import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endLeftovers } from './leftovers.ts';
import { processIdentity } from './lock.mjs';
import { scratchDir } from './scratch.ts';

test('ends what its files name, and leaves alone whoever has such a pid by now', async () => {
  using dir = scratchDir();
  const [ours, stranger] = [startSleeper(), startSleeper()];
  note(dir.path, 'products', ours, processIdentity(ours) ?? '');
  note(dir.path, 'gateway', stranger, 'of a process that had this pid once');
  note(dir.path, 'auth', 2 ** 30, 'of a process that is gone');
  expect(await endLeftovers(dir.path)).toEqual(['products']);
  expect([processIdentity(ours), processIdentity(stranger)]).toEqual([undefined, expect.any(String)]);
  expect(readdirSync(dir.path)).toEqual([]);
  process.kill(stranger);
});

test('a data directory without pid files has no leftovers', async () => {
  expect(await endLeftovers('/nonexistent')).toEqual([]);
});

function startSleeper(): number {
  return spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' }).pid as number;
}

function note(dir: string, name: string, pid: number, identity: string): void {
  writeFileSync(join(dir, `${name}.pid`), `${pid}\n`);
  writeFileSync(join(dir, `${name}.identity`), identity);
}
