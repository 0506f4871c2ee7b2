import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { ApiError } from './api.ts';
import { Output } from './output.ts';
import { watch } from './watch.ts';

let said: string;
beforeEach(() => {
  said = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((said += String(text)), true));
});
afterEach(() => void jest.restoreAllMocks());

it('what gives no answer for too long is given up, with how to watch it again', async () => {
  const asked: number[] = [];
  const away = watch<string>(new Output(true), {
    ask: () => {
      asked.push(performance.now());
      const isThere = asked.length === 1 || asked.length === 3;
      return isThere ? Promise.resolve('here') : Promise.reject(new ApiError('nobody answers', 0));
    },
    stepsOf: (thing) => [{ name: thing, state: 'running', note: '' }],
    isOver: () => false,
    newsOf: (thing) => thing,
    again: 'Ask again.',
    awayMs: 900,
  });
  await expect(away).rejects.toThrow('nobody answers\nIt goes on. Ask again.');
  // Since it was last there, not since the watching began.
  expect(asked.at(-1)! - asked[2]!).toBeGreaterThanOrEqual(900);
  expect(said).toBe('  here: ...\n');
});
