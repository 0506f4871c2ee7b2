import { expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCount } from './jest-count.ts';
import { scratchDir } from './scratch.ts';

const all = { numPassedTests: 7, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, numRuntimeErrorTestSuites: 0 };

test.each([
  [all, true, '7 passed, 0 failed'],
  [all, false, '7 passed, 1 failed'],
  [{ ...all, numFailedTests: 2, numPendingTests: 1 }, true, '7 passed, 2 failed, 1 skipped'],
  [{ ...all, numRuntimeErrorTestSuites: 1 }, true, '7 passed, 1 failed'],
])('%j with static checks that hold: %j, is said as %j', (report, checked, line) => {
  using dir = scratchDir();
  const file = join(dir.path, 'report.json');
  writeFileSync(file, JSON.stringify(report));
  expect(readCount(file, checked)).toBe(line);
});

test('a run that left no report has failed', () => {
  expect(readCount('/nonexistent', true)).toBe('0 passed, 1 failed');
  expect(readCount('/nonexistent', false)).toBe('0 passed, 2 failed');
});
