import { expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { until, within } from './waiting.js';

const standStill = (ms: number): void => {
  for (const end = performance.now() + ms; performance.now() < end;);
};

test('work that is as late as the machine is in time', async () => {
  const work = sleep(20).then(() => 'done');
  const outcome = within(30, work);
  standStill(100);
  expect(await outcome).toBe('done');
});

test('work that is late by itself is not', async () => {
  await expect(within(20, new Promise(() => undefined))).rejects.toThrow('not settled within 20 ms');
});

test('what never comes to be is named, with what failed last', async () => {
  const never = until('pigs fly', 50, () => Promise.reject(new Error('no wings')));
  await expect(never).rejects.toMatchObject({
    message: expect.stringContaining('pigs fly'),
    cause: { message: 'no wings' },
  });
});
