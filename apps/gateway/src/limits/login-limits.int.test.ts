import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createLog, Metrics } from '@tenantry/service-kit';
import { testServers } from '@tenantry/testing';
import { Redis } from 'ioredis';
import type { GatewayConfig } from '../config.js';
import { LoginLimits } from './login-limits.js';
import { Refusals } from './refusals.js';
import { SharedWindows } from './shared-windows.js';

const log = createLog({ service: 'gateway', instance: 'test', level: 'silent' });
const started: SharedWindows[] = [];
afterEach(() => Promise.all(started.splice(0).map((one) => one.onApplicationShutdown())));

/** The limits of one gateway. */
async function start(redisUrl = testServers().redisUrl, limits: 'on' | 'off' = 'on'): Promise<LoginLimits> {
  const config = { REDIS_URL: redisUrl, TENANTRY_LIMITS: limits } as GatewayConfig;
  const windows = new SharedWindows(config, log);
  started.push(windows);
  for (let waits = 0; waits < 40 && !windows.isShared && redisUrl === testServers().redisUrl; waits++) await sleep(25);
  return new LoginLimits(windows, new Refusals(new Metrics('gateway'), windows), config);
}

const anybody = () => ({
  tenant: `t-${randomBytes(6).toString('hex')}`,
  email: `${randomBytes(6).toString('hex')}@acme.test`,
  address: `2001:db8:${randomBytes(2).toString('hex')}:${randomBytes(2).toString('hex')}::1`,
});
const from = (address: number) => ({ address: `198.51.100.${address}` });
const isRefused = (work: Promise<unknown>) => expect(work).rejects.toMatchObject({ code: 'rate-limited', status: 429 });
/** Told to the other gateways by then, and heard from them. */
const told = () => sleep(300);

describe('failed logins', () => {
  it('of one account from one address are heard ten times, then no more', async () => {
    const [logins, who] = [await start(), anybody()];
    for (let times = 0; times < 10; times++) expect(await logins.begin(who)).toMatchObject({ limitedForSeconds: null });
    await isRefused(logins.begin(who));
    const error = await logins.begin(who).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ retryAfterSeconds: expect.any(Number) });
  });

  it('count when they are begun, so that a thousand at once are no way around', async () => {
    const [logins, who] = [await start(), anybody()];
    const begun = await Promise.allSettled(Array.from({ length: 1000 }, () => logins.begin(who)));
    expect(begun.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  });

  it('that were none after all are forgotten', async () => {
    const [logins, who] = [await start(), anybody()];
    for (let times = 0; times < 100; times++) (await logins.begin(who)).forget();
    await told();
    for (let times = 0; times < 10; times++) await logins.begin(who);
    await isRefused(logins.begin(who));
  });

  it('of one account from many addresses leave it to those who were in before', async () => {
    const [logins, who] = [await start(), anybody()];
    for (let address = 0; address < 30; address++)
      expect(await logins.begin({ ...who, ...from(address) })).toMatchObject({ limitedForSeconds: null });
    const { limitedForSeconds } = await logins.begin({ ...who, ...from(200) });
    expect(limitedForSeconds).toBeGreaterThan(0);
    expect(limitedForSeconds).toBeLessThanOrEqual(900);
    expect(await logins.begin({ ...who, email: 'other@acme.test', ...from(200) })).toMatchObject({
      limitedForSeconds: null,
    });
  });

  it('from one address at many accounts leave it to those who were in before', async () => {
    const [logins, { address }] = [await start(), anybody()];
    for (let times = 0; times < 300; times++)
      expect(await logins.begin({ ...anybody(), address })).toMatchObject({ limitedForSeconds: null });
    expect((await logins.begin({ ...anybody(), address })).limitedForSeconds).toBeGreaterThan(0);
    expect(await logins.begin(anybody())).toMatchObject({ limitedForSeconds: null });
  });

  it('in one tenant leave it to those who were in before', async () => {
    const [logins, { tenant }] = [await start(), anybody()];
    for (let times = 0; times < 3000; times++) await logins.begin({ ...anybody(), tenant });
    expect((await logins.begin({ ...anybody(), tenant })).limitedForSeconds).toBeGreaterThan(0);
    expect(await logins.begin(anybody())).toMatchObject({ limitedForSeconds: null });
  });

  it('at one gateway are known to the other', async () => {
    const [here, there, who] = [await start(), await start(), anybody()];
    for (let times = 0; times < 9; times++) await here.begin(who);
    await told();
    await there.begin(who);
    await told();
    await isRefused(there.begin(who));
  });

  it('are counted on without Redis', async () => {
    const [logins, who] = [await start('redis://127.0.0.1:1'), anybody()];
    for (let times = 0; times < 10; times++) await logins.begin(who);
    await isRefused(logins.begin(who));
  });

  it('stay counted when Redis is emptied', async () => {
    const [logins, who] = [await start(), anybody()];
    for (let times = 0; times < 9; times++) await logins.begin(who);
    await told();
    const redis = new Redis(testServers().redisUrl);
    for (const key of await redis.keys('limit:login-*')) await redis.del(key);
    redis.disconnect();
    await logins.begin(who);
    await told();
    await isRefused(logins.begin(who));
  });

  it('are not counted where limits are off', async () => {
    const [logins, who] = [await start(undefined, 'off'), anybody()];
    for (let times = 0; times < 50; times++) expect((await logins.begin(who)).limitedForSeconds).toBeNull();
  });
});
