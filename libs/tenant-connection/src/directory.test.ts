import { describe, expect, it } from '@jest/globals';
import type { TenantPlace } from '@tenantry/contracts';
import fc from 'fast-check';
import { Directory, type TenantEntry } from './directory.js';
import { TenantNotFound } from './errors.js';

const freshMs = 1000;
const staleMs = 10_000;
const missingMs = 100;

const place = (id: string, generation: number, changes: Partial<TenantPlace> = {}): TenantPlace => ({
  id,
  slug: id,
  name: id,
  state: 'active',
  plan: 'standard',
  generation,
  schemaVersion: 1,
  limits: { requestsPerMinute: 600, maxConnections: 10, maxDatabaseBytes: 1e9, maxUsers: 100 },
  signUp: false,
  host: 'db',
  port: 5432,
  database: id,
  role: id,
  password: `password ${generation}`,
  ...changes,
});

/** A registry whose answers come when the test says so. */
class Registry {
  readonly asked: {
    tenantId: string;
    answer: (place: TenantPlace | undefined) => void;
    fail: (failure: Error) => void;
  }[] = [];
  readonly changed: TenantEntry[] = [];
  /** Not 0: lru-cache takes that for no time at all. */
  time = 1;
  readonly directory: Directory;

  constructor(directorySize = 100) {
    const limits = {
      directoryFreshMs: freshMs,
      directoryStaleMs: staleMs,
      directoryMissingMs: missingMs,
      directorySize,
    };
    const load = (tenantId: string) =>
      new Promise<TenantPlace | undefined>((answer, fail) => this.asked.push({ tenantId, answer, fail }));
    this.directory = new Directory(
      limits,
      { load },
      (entry) => this.changed.push(entry),
      () => this.time,
    );
  }

  next() {
    const question = this.asked.shift();
    if (question === undefined) throw new Error('the registry was not asked');
    return question;
  }

  async know(known: TenantPlace): Promise<TenantEntry> {
    const loading = this.directory.load(known.id);
    this.next().answer(known);
    return loading;
  }
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

describe('a directory', () => {
  it('asks once for callers at the same time, and then not while the entry is fresh', async () => {
    const registry = new Registry();
    const both = Promise.all([registry.directory.load('acme'), registry.directory.load('acme')]);
    expect(registry.asked).toHaveLength(1);
    registry.next().answer(place('acme', 1));
    const [one, other] = await both;
    expect(one).toBe(other);
    registry.time = freshMs * 0.79;
    expect(registry.directory.find('acme')).toBe(one);
    expect(registry.asked).toHaveLength(0);
  });

  it('serves an entry past its freshness while it asks again', async () => {
    const registry = new Registry();
    const entry = await registry.know(place('acme', 1));
    registry.time = 1 + freshMs;
    expect(registry.directory.find('acme')).toBe(entry);
    registry.next().answer(place('acme', 2));
    await soon();
    expect(entry.place.generation).toBe(2);
  });

  it('remembers for a moment that a tenant does not exist', async () => {
    const registry = new Registry();
    const first = registry.directory.load('nobody');
    registry.next().answer(undefined);
    await expect(first).rejects.toThrow(TenantNotFound);
    await expect(registry.directory.load('nobody')).rejects.toThrow(TenantNotFound);
    expect(registry.asked).toHaveLength(0);
    registry.time = missingMs + 2;
    await expect(registry.know(place('nobody', 1))).resolves.toBeDefined();
  });

  it('takes the error code tenant-not-found for the same answer', async () => {
    const registry = new Registry();
    const loading = registry.directory.load('nobody');
    registry.next().fail(new TenantNotFound());
    await expect(loading).rejects.toThrow(TenantNotFound);
    expect(registry.directory.size).toBe(0);
  });

  it('serves what it knows while the registry is down, for the stated time, and keeps a suspension heard of before', async () => {
    const registry = new Registry();
    const entry = await registry.know(place('acme', 1));
    registry.directory.notice({ tenantId: 'acme', generation: 2, state: 'suspended' });
    expect(registry.directory.find('acme')).toBeUndefined();
    const loading = registry.directory.load('acme');
    registry.next().fail(new Error('the registry is down'));
    expect((await loading).state).toBe('suspended');
    registry.time = freshMs + staleMs;
    const again = registry.directory.load('acme');
    registry.next().fail(new Error('the registry is down'));
    expect(await again).toBe(entry);
    registry.time = 1 + freshMs + staleMs;
    expect(registry.directory.find('acme')).toBeUndefined();
    const last = registry.directory.load('acme');
    registry.next().fail(new Error('the registry is down'));
    await expect(last).rejects.toThrow('the registry is down');
  });

  it('asks again when a notice came while an older answer was on its way', async () => {
    const registry = new Registry();
    const loading = registry.directory.load('acme');
    const question = registry.next();
    registry.directory.notice({ tenantId: 'acme', generation: 5, state: 'active' });
    question.answer(place('acme', 4));
    await soon();
    registry.next().answer(place('acme', 5));
    expect((await loading).place.generation).toBe(5);
  });

  it('never puts an older answer over a newer one', async () => {
    const registry = new Registry();
    const entry = await registry.know(place('acme', 3));
    const loading = registry.directory.load('acme');
    registry.next().answer(place('acme', 2, { database: 'of the past' }));
    expect(await loading).toBe(entry);
    expect(entry.place).toMatchObject({ generation: 3, database: 'acme' });
  });

  it('says when connections made before must not be lent again', async () => {
    const registry = new Registry();
    const entry = await registry.know(place('acme', 1));
    await registry.know(place('acme', 1));
    expect(registry.changed).toEqual([]);
    await registry.know(place('acme', 2));
    expect(registry.changed).toEqual([entry]);
    registry.directory.notice({ tenantId: 'acme', generation: 3, state: 'suspended' });
    registry.directory.notice({ tenantId: 'acme', generation: 3, state: 'suspended' });
    expect(registry.changed).toHaveLength(2);
  });

  it('does not say so for a new generation of a tenant that is where it was', async () => {
    const registry = new Registry();
    const password = 'the same';
    const entry = await registry.know(place('acme', 1, { password }));
    registry.directory.notice({ tenantId: 'acme', generation: 2, state: 'active' });
    await registry.know(place('acme', 2, { password, schemaVersion: 2, name: 'Acme and sons', plan: 'enterprise' }));
    await registry.know(place('acme', 3, { password, schemaVersion: 3 }));
    expect([entry.place.schemaVersion, entry.outdated, registry.changed]).toEqual([3, false, []]);
  });

  it.each([
    { host: 'other' },
    { port: 5433 },
    { database: 'other' },
    { role: 'other' },
    { password: 'other' },
    { state: 'maintenance' as const },
  ])('says so once for a change of %j, told or not', async (change) => {
    for (const isTold of [true, false]) {
      const registry = new Registry();
      const password = 'the same';
      const entry = await registry.know(place('acme', 1, { password }));
      const state = change.state ?? 'active';
      if (isTold) registry.directory.notice({ tenantId: 'acme', generation: 2, state });
      await registry.know(place('acme', 2, { password, ...change }));
      expect(registry.changed).toEqual([entry]);
    }
  });

  it.each([
    ['asks the registry at once what a notice was about, where the tenant has connections', false, 1],
    ['asks at its next use, where it has none', true, 0],
  ])('%s', async (_, atRest, asked) => {
    const registry = new Registry();
    const entry = await registry.know(place('acme', 1));
    entry.share = { atRest } as TenantEntry['share'];
    registry.directory.notice({ tenantId: 'acme', generation: 2, state: 'active' });
    expect([registry.asked.length, registry.directory.find('acme')]).toEqual([asked, undefined]);
  });

  it('drops the entries nobody looked at when it is full, and never one that is leased', async () => {
    const registry = new Registry(3);
    const held = await registry.know(place('held', 1));
    held.leases = 1;
    for (let tenant = 0; tenant < 20; tenant++) await registry.know(place(`tenant ${tenant}`, 1));
    expect(registry.directory.size).toBe(3);
    expect(registry.directory.find('held')).toBe(held);
  });

  it('forgets a tenant that is no more', async () => {
    const registry = new Registry();
    const entry = await registry.know(place('acme', 1));
    const loading = registry.directory.load('acme');
    registry.next().answer(undefined);
    await expect(loading).rejects.toThrow(TenantNotFound);
    expect(registry.directory.find('acme')).toBeUndefined();
    expect(registry.changed).toEqual([entry]);
  });

  it.each([
    [10, 'keeps its connections'],
    [1, 'lets go of them, as it may have fewer by now'],
  ])('a tenant of %i connections that is born %s', async (maxConnections) => {
    const registry = new Registry();
    const { limits, password } = place('acme', 1);
    const entry = await registry.know(place('acme', 1, { state: 'provisioning' }));
    registry.changed.length = 0;
    registry.directory.notice({ tenantId: 'acme', generation: 2, state: 'active' });
    expect([entry.state, registry.directory.find('acme'), registry.changed]).toEqual(['active', undefined, []]);
    const asked = registry.directory.load('acme');
    registry.next().answer(place('acme', 2, { password, limits: { ...limits, maxConnections } }));
    await asked;
    expect(registry.changed).toEqual(maxConnections === 10 ? [] : [entry]);
  });

  it('has, after any order of notices and answers, the newest it has heard of and no state older than that', async () => {
    const generation = fc.integer({ min: 1, max: 9 });
    const step = fc.oneof(
      fc.record({ kind: fc.constant('notice' as const), generation }),
      fc.record({ kind: fc.constant('load' as const), generation }),
      fc.record({ kind: fc.constant('answer' as const), generation }),
    );
    const stateOf = (number: number) => (number % 2 === 0 ? ('suspended' as const) : ('active' as const));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const registry = new Registry();
        const entry = await registry.know(place('acme', 1));
        let newest = 1;
        for (const next of steps) {
          if (next.kind === 'notice') {
            registry.directory.notice({
              tenantId: 'acme',
              generation: next.generation,
              state: stateOf(next.generation),
            });
            newest = Math.max(newest, next.generation);
          } else if (next.kind === 'load') {
            registry.directory.load('acme').catch(() => undefined);
          } else if (registry.asked.length > 0) {
            registry.next().answer(place('acme', next.generation, { state: stateOf(next.generation) }));
            newest = Math.max(newest, next.generation);
          }
          await Promise.resolve();
          await soon();
          expect(entry.generation).toBe(newest);
          expect(entry.state).toBe(stateOf(newest));
        }
      }),
      { numRuns: 200 },
    );
  });
});
