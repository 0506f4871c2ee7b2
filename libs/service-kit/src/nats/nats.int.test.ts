import { afterEach, expect, jest, test } from '@jest/globals';
import { ContextSigner } from '../context/signer.js';
import { Health } from '../health.js';
import { keptLog, settingsOf } from '../test/broker.js';
import { Nats } from './nats.js';

const { log, lines } = keptLog('warn');
const open = (): Promise<Nats> => Nats.open(settingsOf('gateway'), 'test', log);

afterEach(() => {
  jest.useRealTimers();
  lines.length = 0;
});

test('a connection that was closed on purpose is not connected, and nothing is tried on it any more', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'clearImmediate', 'nextTick', 'queueMicrotask', 'performance'] });
  const nats = await open();
  await ContextSigner.start(nats, log, 'gateway');
  const health = new Health();
  health.watch(nats, 'gateway');
  await nats.close();
  expect(nats.isConnected).toBe(false);
  await jest.advanceTimersByTimeAsync(10 * 60_000);
  expect(await health.isAlive()).toBe(true);
  expect(lines).toEqual([]);
});

test('a connection that ends for good by itself takes the liveness with it', async () => {
  const nats = await open();
  const health = new Health();
  health.watch(nats, 'gateway');
  health.ready = true;
  expect([health.isReady, await health.isAlive()]).toEqual([true, true]);
  // As the client library does with an error that a subscription's callback raised.
  await nats.connection.close();
  expect([health.isReady, await health.isAlive()]).toEqual([false, false]);
  expect(lines).toMatchObject([{ msg: 'the NATS connection has ended for good' }]);
});
