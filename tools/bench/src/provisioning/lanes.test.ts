import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { inLanes } from './lanes.ts';

test('exactly as many are made as were asked for, and never more at once', async () => {
  let [made, underWay, most] = [0, 0, 0];
  const make = async (): Promise<void> => {
    most = Math.max(most, ++underWay);
    await turn();
    underWay--;
    made++;
  };
  const { requests, latenciesUs } = await inLanes(make, { tenants: 11, atOnce: 4 });
  expect({ made, requests, most, latencies: latenciesUs.length }).toEqual({
    made: 11,
    requests: 11,
    most: 4,
    latencies: 11,
  });
});

test('a tenant that could not be made ends the run', async () => {
  const make = () => Promise.reject(new Error('no room'));
  await expect(inLanes(make, { tenants: 2, atOnce: 2 })).rejects.toThrow('no room');
});
