import { expect, it } from '@jest/globals';
import { ReplicaLag } from './replica-lag.js';

let nowMs = 0;
const lagOf = (mostMs = 5000) => new ReplicaLag(mostMs, () => nowMs);

it('is the age of the oldest thing that was not replayed', () => {
  const lag = lagOf();
  for (const position of [10n, 20n, 30n]) {
    lag.wrote(position);
    nowMs += 1000;
  }
  expect(lag.milliseconds).toBe(3000);
  lag.replayed(25n);
  expect(lag.milliseconds).toBe(1000);
  lag.replayed(30n);
  expect(lag.milliseconds).toBe(0);
});

it('does not grow while nobody writes', () => {
  const lag = lagOf();
  for (let second = 0; second < 60; second += 1) {
    lag.wrote(10n);
    lag.replayed(10n);
    nowMs += 1000;
  }
  expect(lag.isTooMuch).toBe(false);
});

it('is never told too small, however long the replica was away', () => {
  const lag = lagOf();
  for (let second = 1; second <= 10_000; second += 1) {
    lag.wrote(BigInt(second));
    nowMs += 1000;
  }
  for (const reached of [1, 700, 5000, 9990, 9999]) {
    lag.replayed(BigInt(reached));
    expect(lag.milliseconds).toBeGreaterThanOrEqual((10_000 - reached) * 1000);
  }
  lag.replayed(10_000n);
  expect(lag.milliseconds).toBe(0);
});
