import { expect, it } from '@jest/globals';
import { barOf, Pace } from './progress.ts';

const cells = (bar: string) => ({ full: bar.match(/█/g)?.length ?? 0, all: bar.length });

it.each([
  [0, 400, 0],
  [399, 400, 23],
  [400, 400, 24],
  [0, 0, 24],
])('of %i of %i the bar is full to %i of 24', (done, total, full) => {
  expect(cells(barOf({ done, total }))).toEqual({ full, all: 24 });
});

it.each([
  ['12/s, 5 s left', 120, 180, 10_000],
  ['1/s, 2 min left', 10, 110, 10_000],
  ['30/min, 4 s left', 5, 7, 10_000],
  ['6/min, 17 min left', 1, 101, 10_000],
  ['1/min, 28 h left', 1, 101, 1_000_000],
])('a pace is told as %j', (said, done, total, afterMs) => {
  let now = 1000;
  const pace = new Pace(() => now);
  expect(pace.of({ done: 3, total: total + 3 })).toBe('');
  now += afterMs;
  expect(pace.of({ done: done + 3, total: total + 3 })).toBe(`, ${said}`);
});

it('a pace is not told of what stands still, or is done', () => {
  let now = 0;
  const pace = new Pace(() => (now += 1000));
  expect([5, 5, 9].map((done) => pace.of({ done, total: 9 }))).toEqual(['', '', '']);
});
