import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from './lock.mjs';
import type { Program } from './program.ts';
import { scratchDir } from './scratch.ts';
import { Supervisor } from './supervisor.ts';

/** Runs `script` in a Node of its own; it serves once it has written the file `ready`. */
function program(dir: string, script: string): Program {
  const prelude = `const fs = require('fs'); const ready = () => fs.writeFileSync('ready', ''); const stay = () => setInterval(() => {}, 1e6);`;
  return {
    name: 'sample',
    command: process.execPath,
    args: ['-e', `${prelude}${script}`],
    env: {},
    cwd: dir,
    stopSignal: 'SIGTERM',
    stopWithinMs: 10_000,
    readyWithinMs: 20_000,
    ready: () => Promise.resolve(existsSync(join(dir, 'ready'))),
  };
}

function supervise(dir: string, script: string, restartAfterMs = 0, change: Partial<Program> = {}) {
  const reports: string[] = [];
  const options = { logDir: dir, runDir: dir, restartAfterMs, report: (text: string) => void reports.push(text) };
  return { supervisor: new Supervisor({ ...program(dir, script), ...change }, options), reports };
}

async function until(condition: () => boolean): Promise<void> {
  for (const late = Date.now() + 20_000; !condition(); await sleep(20)) {
    if (Date.now() > late) throw new Error('it did not come true within 20 s');
  }
}

describe('a process that dies', () => {
  test('is reported with the end of its log and started again', async () => {
    using dir = scratchDir();
    const { supervisor, reports } = supervise(dir.path, `console.log('last words'); ready(); stay();`, 100);
    await supervisor.start();
    const first = supervisor.pid as number;
    process.kill(first, 'SIGKILL');
    await until(() => reports.includes('sample is back'));
    expect(reports[0]).toMatch(/^sample died \(SIGKILL\).*\n {2}\| last words\nstarting it again in 0\.1 s$/s);
    expect(supervisor.pid).not.toBe(first);
    expect(readFileSync(join(dir.path, 'sample.pid'), 'utf8')).toBe(`${supervisor.pid}\n`);
    await supervisor.stop();
  });

  test('stays dead where restarts are off, and leaves no pid file', async () => {
    using dir = scratchDir();
    const { supervisor, reports } = supervise(dir.path, 'ready(); stay();');
    await supervisor.start();
    process.kill(supervisor.pid as number, 'SIGKILL');
    await until(() => reports.length > 0);
    await sleep(200);
    expect([reports.length, supervisor.pid, existsSync(join(dir.path, 'sample.pid'))]).toEqual([1, undefined, false]);
    expect(reports[0]).toContain('it stays dead');
  });
});

test('a process that dies before it serves fails the start with the end of its log', async () => {
  using dir = scratchDir();
  const { supervisor } = supervise(dir.path, `console.error('a bad setting'); process.exit(3);`);
  await expect(supervisor.start()).rejects.toThrow(/died while starting \(exit code 3\).*\| a bad setting/s);
});

test('a command that does not exist fails the start', async () => {
  using dir = scratchDir();
  const options = { logDir: dir.path, restartAfterMs: 0, report: () => {} };
  const missing = new Supervisor({ ...program(dir.path, ''), command: '/nonexistent' }, options);
  await expect(missing.start()).rejects.toThrow(/could not be started/);
});

describe('stopping', () => {
  test('is asked for first, and brings no restart', async () => {
    using dir = scratchDir();
    const script = `process.on('SIGTERM', () => { console.log('leaving'); process.exit(0); }); ready(); stay();`;
    const { supervisor, reports } = supervise(dir.path, script, 10);
    await supervisor.start();
    await supervisor.stop();
    await sleep(100);
    expect([readFileSync(join(dir.path, 'sample.log'), 'utf8'), reports, supervisor.pid]).toEqual([
      'leaving\n',
      [],
      undefined,
    ]);
  });

  test('ends a process that does not listen', async () => {
    using dir = scratchDir();
    const script = `process.on('SIGTERM', () => {}); ready(); stay();`;
    const { supervisor } = supervise(dir.path, script, 0, { stopWithinMs: 300 });
    await supervisor.start();
    const pid = supervisor.pid as number;
    await supervisor.stop();
    expect(processIdentity(pid)).toBeUndefined();
  });
});
