import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpuTimesUs, parseStat } from './cpu.ts';

const isLinux = process.platform === 'linux';

describe('CPU time', () => {
  test('is read from behind a name that holds spaces and parentheses', () => {
    const stat = '42 (a (b) c) S 7 42 42 0 -1 4194304 100 200 0 0 11 22 33 44 20 0 1 0 5 6 7';
    expect(parseStat(stat)).toEqual({ parent: 7, us: 1_100_000 });
  });

  (isLinux ? test : test.skip)('counts what a child used that has ended', () => {
    const before = cpuTimesUs([process.pid])![0]!;
    // By its own CPU time: on a busy machine 300 ms of the clock hold less of it.
    spawnSync(process.execPath, ['-e', 'while (process.cpuUsage().user < 300_000);']);
    expect(cpuTimesUs([process.pid])![0]! - before).toBeGreaterThan(200_000);
  });

  (isLinux ? test : test.skip)('of no process is none', () => {
    expect(cpuTimesUs([])).toEqual([]);
  });
});
