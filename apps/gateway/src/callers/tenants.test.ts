import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { type Message, type TenantEntry, TenantLifecycle, type TenantNotice } from '@tenantry/contracts';
import { createLog, type Messages, type Notices, ServiceError } from '@tenantry/service-kit';
import { until } from '@tenantry/testing';
import { TenantEntries } from './tenants.js';

const limits = { requestsPerMinute: 600, maxConnections: 2, maxDatabaseBytes: 1e9, maxUsers: 100 };
const id = '0192f0c1-2b3c-7d4e-8f50-6172839405a6';
const acme: TenantEntry = {
  id,
  slug: 'acme',
  state: 'active',
  generation: 7,
  limits,
  signUp: false,
  databaseFull: false,
};
const away = () => Promise.reject(new ServiceError('service-unavailable', 'away'));
const none = () => Promise.reject(new ServiceError('tenant-not-found', 'none'));

/** A registry whose answer can be set, and which can send notices. */
function start() {
  const registry = {
    answer: (): Promise<TenantEntry> => Promise.resolve(acme),
    asked: 0,
    changes: away as (after?: number) => Promise<{ changes: TenantNotice[]; generation: number }>,
  };
  const ask = (message: Message, { after }: { after?: number }) => {
    if (message === TenantLifecycle.changes) return registry.changes(after);
    registry.asked++;
    return registry.answer();
  };
  let told: ((content: unknown) => void) | undefined;
  const hear: Notices['hear'] = (_, listener) => void (told = listener as typeof told);
  const log = createLog({ service: 'gateway', instance: 'test', level: 'silent' });
  const entries = new TenantEntries({ ask } as unknown as Messages, { hear }, log);
  started.push(entries);
  entries.onApplicationBootstrap();
  const say = (change: Partial<TenantNotice>) =>
    told?.({ tenantId: id, slug: 'acme', state: 'active', generation: 8, ...change });
  return { registry, entries, say };
}

/** Lets the clock run ahead. The cache looks at it once a millisecond at most. */
async function pass(ms: number): Promise<void> {
  const now = performance.now() + ms;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  await sleep(5);
}

const started: TenantEntries[] = [];
afterEach(() => {
  jest.restoreAllMocks();
  for (const entries of started.splice(0)) entries.onModuleDestroy();
});

describe('a tenant', () => {
  it('is asked for once, however many want to know', async () => {
    const { registry, entries } = start();
    await Promise.all(Array.from({ length: 50 }, () => entries.get(`id:${id}`)));
    await entries.get(`id:${id}`);
    expect(registry.asked).toBe(1);
  });

  it('is known on for ten minutes after the registry has gone, and then no more', async () => {
    const { registry, entries } = start();
    await entries.get(`id:${id}`);
    registry.answer = away;
    for (const minutes of [1.1, 4, 4]) {
      await pass(minutes * 60_000);
      expect(await entries.get(`id:${id}`)).toEqual(acme);
    }
    expect(registry.asked).toBeGreaterThan(1);
    await pass(60_000 + 1);
    await expect(entries.get(`id:${id}`)).rejects.toMatchObject({ code: 'service-unavailable' });
  });

  it('is asked for again once a notice says that it has changed', async () => {
    const { registry, entries, say } = start();
    await entries.get(`slug:acme`);
    registry.answer = () => Promise.resolve({ ...acme, state: 'suspended', generation: 8 });
    say({ state: 'suspended' });
    expect(await entries.get('slug:acme')).toMatchObject({ state: 'suspended' });
  });

  it('is in the state that was heard of last, also when the registry has gone since', async () => {
    const { registry, entries, say } = start();
    await entries.get(`slug:acme`);
    registry.answer = away;
    say({ state: 'suspended' });
    await sleep(5);
    expect(await entries.get('slug:acme')).toMatchObject({ state: 'suspended', limits });
  });

  it('is asked for again when a notice comes while it is asked for', async () => {
    const { registry, entries, say } = start();
    let answer: ((entry: TenantEntry) => void) | undefined;
    registry.answer = () => new Promise((resolve) => (answer = resolve));
    const found = entries.get('slug:acme');
    registry.answer = () => Promise.resolve({ ...acme, state: 'suspended', generation: 8 });
    say({ state: 'suspended' });
    answer?.(acme);
    expect(await found).toMatchObject({ state: 'suspended' });
  });

  it('whose notice was lost is known to have changed within 2 s', async () => {
    const { registry, entries } = start();
    const asked: (number | undefined)[] = [];
    registry.changes = (after) => {
      asked.push(after);
      const notice = { tenantId: id, slug: 'acme', state: 'suspended' as const, generation: 8 };
      return Promise.resolve({ changes: after === 7 ? [notice] : [], generation: after === undefined ? 7 : 8 });
    };
    await sleep(20);
    await entries.get(`slug:acme`);
    registry.answer = away;
    await sleep(2000);
    expect(await entries.get('slug:acme')).toMatchObject({ state: 'suspended' });
    await until('what is asked next', 2000, () => asked.length > 2);
    expect(asked.slice(0, 3)).toEqual([undefined, 7, 8]);
  });

  it('is not asked for again for an older notice', async () => {
    const { registry, entries, say } = start();
    await entries.get(`id:${id}`);
    say({ generation: 7 });
    say({ generation: 3 });
    await entries.get(`id:${id}`);
    expect(registry.asked).toBe(1);
  });

  it('that did not exist is found once it does', async () => {
    const { registry, entries, say } = start();
    registry.answer = none;
    for (let times = 0; times < 5; times++)
      await expect(entries.get('slug:acme')).rejects.toMatchObject({ code: 'tenant-not-found' });
    expect(registry.asked).toBe(1);
    registry.answer = () => Promise.resolve(acme);
    say({});
    expect(await entries.get('slug:acme')).toEqual(acme);
  });

  it('that did not exist is asked for again after 2 s, also without a notice', async () => {
    const { registry, entries } = start();
    registry.answer = none;
    await expect(entries.get('slug:acme')).rejects.toMatchObject({ code: 'tenant-not-found' });
    registry.answer = () => Promise.resolve(acme);
    await pass(2100);
    expect(await entries.get('slug:acme')).toEqual(acme);
  });

  it('nobody knows of yet waits for the registry', async () => {
    const { registry, entries } = start();
    registry.answer = away;
    await expect(entries.get('slug:acme')).rejects.toMatchObject({ code: 'service-unavailable' });
  });
});
