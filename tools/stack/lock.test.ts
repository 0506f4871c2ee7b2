import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lockHolder, processIdentity, tryLock } from './lock.mjs';
import { scratchDir } from './scratch.ts';

const module = fileURLToPath(new URL('./lock.mjs', import.meta.url));

/** Tries to take the lock in a process of its own, which holds it until it is told to leave. */
function contend(path: string): { hasIt: Promise<boolean>; leave: () => void } {
  const script = `import { tryLock } from ${JSON.stringify(module)}; console.log(tryLock(${JSON.stringify(path)})); process.stdin.resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const hasIt = new Promise<boolean>((resolve) =>
    child.stdout.once('data', (bytes) => resolve(String(bytes).trim() === 'true')),
  );
  return { hasIt, leave: () => child.stdin.end() };
}

test('a held lock is not given out again', () => {
  using dir = scratchDir();
  const path = join(dir.path, 'lock');
  expect([tryLock(path, 'first'), tryLock(path), lockHolder(path)?.note]).toEqual([true, false, 'first']);
});

test('of many that find a dead holder, exactly one gets the lock', async () => {
  using dir = scratchDir();
  const path = join(dir.path, 'lock');
  writeFileSync(path, JSON.stringify({ pid: process.pid, identity: 'of a process that had this pid once', note: '' }));
  expect(lockHolder(path)).toBeUndefined();
  const contenders = Array.from({ length: 6 }, () => contend(path));
  const outcomes = await Promise.all(contenders.map(({ hasIt }) => hasIt));
  for (const { leave } of contenders) leave();
  expect(outcomes.filter(Boolean)).toHaveLength(1);
});

test('a living process has one identity, a dead one none', () => {
  expect(processIdentity(process.pid)).toEqual(expect.any(String));
  expect(processIdentity(process.pid)).toBe(processIdentity(process.pid));
  expect(processIdentity(2 ** 30)).toBeUndefined();
});
