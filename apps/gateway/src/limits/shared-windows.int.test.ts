import { setImmediate as turn } from 'node:timers/promises';
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { createLog } from '@tenantry/service-kit';
import { testServers, until, Wire, within } from '@tenantry/testing';
import type { GatewayConfig } from '../config.js';
import { SharedWindows } from './shared-windows.js';

/** Of a length that has now in its middle: none ends while a test counts. */
const windowMs = Math.ceil(Date.now() / 1000.5);
const promiseMs = 5000;
const log = createLog({ service: 'gateway', instance: 'test', level: 'silent' });

let wire: Wire;
let key: string;
/** What all gateways of this test have let through. */
let counted: number;
const gateways: SharedWindows[] = [];
const gateway = (url = testServers().redisUrl): SharedWindows => {
  const windows = new SharedWindows({ REDIS_URL: url } as GatewayConfig, log);
  gateways.push(windows);
  return windows;
};
const count = async (windows: SharedWindows, times: number, limit = 1000) => {
  const counts = [];
  for (let sent = 0; sent < times; sent++) counts.push(await windows.increment(key, windowMs, limit));
  counted += counts.filter(({ isBlocked }) => !isBlocked).length;
  return counts;
};
const keys = () => redis.keys(`limit:${key}*`);
/** Redis, emptied of this key as if it had been started anew. */
const forget = async () => redis.del(await keys());
const connected = (...all: SharedWindows[]) =>
  until('Redis is there', promiseMs, () => all.every(({ isShared }) => isShared));
/** Resolves when Redis has all that was counted. */
const told = () =>
  until('all is told', promiseMs, async () => {
    const fields = await Promise.all((await keys()).map((name) => redis.hvals(name)));
    return fields.flat().reduce((sum, own) => sum + Number(own), 0) === counted;
  });
/** Counts on with one gateway until it knows of all that was counted, no more and no less. */
const agrees = (windows: SharedWindows) =>
  until('it knows of all', promiseMs, async () => (await count(windows, 1))[0]!.totalHits === counted);

let redis: Redis;
beforeAll(() => void (redis = new Redis(testServers().redisUrl)));
afterAll(() => redis.disconnect());
beforeEach(async () => {
  wire = await Wire.lay(testServers().redisUrl);
  key = `test:${randomBytes(8).toString('hex')}`;
  counted = 0;
});
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((windows) => windows.onApplicationShutdown()));
  wire.remove();
});

describe('a window', () => {
  it('lets as many through as its limit says, and says when there is room again', async () => {
    const counts = await count(gateway(), 7, 5);
    expect(counts.map(({ isBlocked }) => isBlocked)).toEqual([false, false, false, false, false, true, true]);
    expect(counts.at(-1)!.timeToBlockExpire).toBeGreaterThan(0);
    expect(counts.at(-1)!.timeToBlockExpire).toBeLessThanOrEqual(Math.ceil(windowMs / 1000));
  });

  it('is one for all gateways', async () => {
    const [one, other] = [gateway(), gateway()];
    await connected(one, other);
    await count(one, 3);
    await count(other, 4);
    for (const windows of [one, other]) await agrees(windows);
    await Promise.all([count(one, 1), count(other, 1)]);
    for (const windows of [one, other]) await agrees(windows);
  });

  it('of one key is none of another', async () => {
    const windows = gateway();
    await count(windows, 5, 5);
    expect(await windows.increment(`${key}:other`, windowMs, 5)).toMatchObject({ totalHits: 1, isBlocked: false });
  });

  it('survives the gateway that counted', async () => {
    const leaving = gateway();
    await connected(leaving);
    await count(leaving, 5);
    await leaving.onApplicationShutdown();
    const next = gateway();
    await connected(next);
    await agrees(next);
  });

  it('that Redis forgets is told again', async () => {
    const [one, other] = [gateway(), gateway()];
    await connected(one, other);
    await count(one, 5);
    await told();
    await forget();
    await count(one, 1);
    await agrees(other);
  });
});

describe.each([1, 2])('%i gateways', (number) => {
  it.each([10, 100, 600, 6000])(
    'asked for twenty times the limit of %i at once let it through, within 5 %%',
    async (limit) => {
      const all = Array.from({ length: number }, () => gateway());
      // Where Redis is late, limits are local ones: what is promised of shared ones is to be seen while it is in time.
      let passed: number | undefined;
      for (let round = 0; passed === undefined && round < 20; round++) {
        await connected(...all);
        passed = await flood(all, `${key}:${round}`, limit);
      }
      expect(passed).toBeGreaterThanOrEqual(limit);
      // A gateway's lease is one request at the least.
      expect(passed).toBeLessThanOrEqual(Math.max(limit * 1.05, limit + number - 1));
    },
  );
});

/** How many of twenty times the limit were let through; undefined where Redis did not answer in time all along. */
async function flood(all: SharedWindows[], name: string, limit: number): Promise<number | undefined> {
  let wasShared = true;
  const asked = all.map(async (windows) => {
    let passed = 0;
    for (let sent = 0; sent < (20 * limit) / all.length; sent += 50) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => windows.increment(name, windowMs, limit)));
      passed += answers.filter(({ isBlocked }) => !isBlocked).length;
      wasShared &&= windows.isShared;
      // As requests do, these come in over many turns of the loop.
      await turn();
    }
    return passed;
  });
  const passed = (await Promise.all(asked)).reduce((sum, one) => sum + one, 0);
  return wasShared ? passed : undefined;
}

describe('without Redis', () => {
  it('a gateway limits what it sees, without waiting', async () => {
    wire.cut();
    const windows = gateway(wire.url);
    const counts = await within(100, count(windows, 7, 5));
    expect(counts.map(({ isBlocked }) => isBlocked)).toEqual([false, false, false, false, false, true, true]);
  });

  it('that is there and says nothing, nobody waits for more than 100 ms, and the limit holds', async () => {
    const windows = gateway(wire.url);
    await connected(windows);
    wire.fallSilent();
    const counts = [];
    for (let sent = 0; sent < 40; sent++) counts.push(...(await within(100, count(windows, 1, 30))));
    expect(counts.filter(({ isBlocked }) => !isBlocked)).toHaveLength(30);
  });

  it('that says nothing, who is within what a gateway lets through on its own word waits for nothing', async () => {
    const windows = gateway(wire.url);
    await connected(windows);
    wire.fallSilent();
    // A fiftieth of the limit, and of every limit its own.
    await within(40, count(windows, 20, 1000));
    expect(windows.isShared).toBe(true);
  });

  it('that takes long for each answer, a request waits for no more than 100 ms, whatever number of limits it has', async () => {
    const windows = gateway(wire.url);
    await connected(windows);
    wire.delay(60);
    const waiter = { limitsWaitedMs: 0 };
    const request = async (): Promise<void> => {
      for (let limit = 0; limit < 6; limit++) {
        // Somebody else has used what is let through without asking.
        await windows.increment(`${key}:${limit}`, windowMs, 10);
        await windows.count(`${key}:${limit}`, windowMs, 10, waiter);
      }
    };
    await within(100, request());
    expect(waiter.limitsWaitedMs).toBeGreaterThan(0);
  });

  it('what was counted meanwhile is told afterwards, once', async () => {
    const [cutOff, watching] = [gateway(wire.url), gateway()];
    await connected(cutOff, watching);
    await count(cutOff, 2);
    await told();
    wire.cut();
    await until('the loss is noticed', promiseMs, () => !cutOff.isShared);
    await count(cutOff, 3);
    wire.mend();
    await told();
    await agrees(watching);
  });
});
