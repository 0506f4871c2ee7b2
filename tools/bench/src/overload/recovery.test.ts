import { expect, it } from '@jest/globals';
import { secondsUntilGood } from './recovery.ts';

it.each([
  ['at once where nothing was wrong', [1, 0.96, 1], 0],
  ['after the last window that was not, whatever was before', [0, 1, 0.94, 1, 1], 1.5],
  ['not before the end where the last one was not', [1, 1, 0.5], 1.5],
])('all is well %s', (_, shares, seconds) => {
  expect(secondsUntilGood(shares, 500)).toBe(seconds);
});
