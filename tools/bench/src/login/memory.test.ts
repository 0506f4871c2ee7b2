import { expect, test } from '@jest/globals';
import { parseResident, residentBytes } from './memory.ts';

test('memory is read in bytes, the part that is resident', () => {
  const status = 'Name:\tnode\nVmHWM:\t   99999 kB\nVmRSS:\t   20480 kB\nRssAnon:\t   10240 kB\n';
  expect(parseResident(status)).toBe(20 * 1024 * 1024);
});

test('a process that has ended has none, and says so', () => {
  expect(() => parseResident('Name:\tnode\nState:\tZ (zombie)\n')).toThrow('has ended');
});

(process.platform === 'linux' ? test : test.skip)('grows with what a process takes', () => {
  const before = residentBytes(process.pid)!;
  const taken = Buffer.alloc(64 * 1024 * 1024, 1);
  expect(residentBytes(process.pid)! - before).toBeGreaterThan(taken.length / 2);
});
