import { test } from '@jest/globals';
import { until } from '@tenantry/testing';
import { Relay } from './relay.js';
import { defaultSettings } from './settings.js';
import { silent } from './test/broker.js';

test('a broker that is back finds no outbox that waits long: each return begins with short waits again', async () => {
  let visits = 0;
  const relay = new Relay({
    visit: () => Promise.reject(new Error(`visit ${++visits} fails`)),
    onEmpty: () => undefined,
    settings: { ...defaultSettings, coalesceMs: 0, firstBackoffMs: 10, maxBackoffMs: 3_600_000, leaveMs: 0 },
    log: silent,
  });
  relay.say('acme');
  // Without that the next try would come after 40 s.
  for (let time = 1; time <= 12; time++) {
    await until('it was tried', 5000, () => visits >= time);
    await new Promise((resolve) => setImmediate(resolve));
    relay.hurry();
  }
  const before = visits;
  await until('it is tried again by itself', 5000, () => visits > before + 2);
  await relay.close();
});
