import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { processIdentity } from './lock.mjs';
import { scratchDir } from './scratch.ts';

const owner = `
  const { startTestServers } = await import('./test-servers.ts');
  await startTestServers({}, 1);
  console.log('ready');
`;

test('the servers of a test run that is killed end with it', async () => {
  using dir = scratchDir();
  chmodSync(dir.path, 0o711);
  const { PATH, HOME, XDG_CACHE_HOME, TENANTRY_CACHE } = process.env;
  const run = spawn(process.execPath, ['--input-type=module', '-e', owner], {
    cwd: import.meta.dirname,
    env: { PATH, HOME, XDG_CACHE_HOME, TENANTRY_CACHE, TMPDIR: dir.path },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(run.stdout, 'data');
  const pids = globSync(join(dir.path, '*/run*/*.pid')).map((file) => Number(readFileSync(file, 'utf8')));
  expect(pids).toHaveLength(3);
  const isLiving = (pid: number): boolean => processIdentity(pid) !== undefined;
  try {
    expect(pids.filter(isLiving)).toEqual(pids);
    run.kill('SIGKILL');
    for (const late = Date.now() + 10_000; pids.some(isLiving) && Date.now() < late;) await sleep(50);
    expect(pids.filter(isLiving)).toEqual([]);
  } finally {
    for (const pid of pids.filter(isLiving)) process.kill(pid, 'SIGKILL');
  }
}, 60_000);
