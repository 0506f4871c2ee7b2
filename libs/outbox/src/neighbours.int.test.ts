import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Nats } from '@tenantry/service-kit';
import type { TenantDatabase } from '@tenantry/testing';
import { defaultSettings, type OutboxSettings } from './settings.js';
import { tenantStore } from './store.js';
import { Teller, type Visit } from './teller.js';
import { hintsStanding, makeStreams, natsAs, ownEvent, ownWord, removeHints, stored, until } from './test/broker.js';
import { createTenants, Tenants, waiting } from './test/tenants.js';
import { Writer } from './test/writer.js';

/** Two services that write into the same outbox of the same tenant, neither of which NATS lets tell the other's events. */
type Neighbour = 'products' | 'users';
const neighbours: readonly Neighbour[] = ['products', 'users'];

let database: TenantDatabase;
let admin: Nats;
let tenants: Record<Neighbour, Tenants>;
const writers: Writer[] = [];

beforeAll(async () => {
  admin = await natsAs('admin');
  await makeStreams();
});
beforeEach(async () => {
  [database] = (await createTenants(1)) as [TenantDatabase];
  tenants = { products: new Tenants([database]), users: new Tenants([database]) };
});
afterEach(async () => {
  const living = writers.splice(0).filter(({ nats }) => !nats.connection.isClosed());
  await Promise.all(living.map((writer) => writer.leave()));
  await Promise.all(neighbours.map((service) => tenants[service].close()));
  await database.drop();
  for (const service of neighbours) await removeHints(admin, service);
});
afterAll(() => admin.close());

const start = async (service: Neighbour, settings?: Partial<OutboxSettings>): Promise<Writer> => {
  const writer = await Writer.start(tenants[service], settings, undefined, service);
  writers.push(writer);
  return writer;
};
/** An instance that commits and never comes to tell. */
const startMute = (service: Neighbour): Promise<Writer> =>
  start(service, { coalesceMs: 3_600_000, sweepMs: 3_600_000, leaveMs: 0 });
const eventOf = (service: Neighbour) => ownEvent(1, ownWord(), service);
const tellerOf = (service: Neighbour, { office }: Writer): Teller =>
  new Teller(tenantStore(tenants[service]), office.streams, defaultSettings);

describe('two services with events in one outbox at once', () => {
  test('tell each its own, in order', async () => {
    const events = { products: eventOf('products'), users: eventOf('users') };
    const aggregate = randomUUID();
    const { tenantId } = database;
    // What waits when they begin lies in turns, so that neither's rows are a batch of their own.
    const mute = { products: await startMute('products'), users: await startMute('users') };
    for (let step = 0; step < 10; step++)
      for (const service of neighbours) await mute[service].write(events[service], tenantId, { aggregate, step });
    await Promise.all(neighbours.map((service) => mute[service].die()));
    const quick = { coalesceMs: 1, lockedRetryMs: 1, batch: 7 };
    const living = { products: await start('products', quick), users: await start('users', quick) };
    const write = async (service: Neighbour): Promise<void> => {
      for (let step = 10; step < 30; step++)
        await living[service].write(events[service], tenantId, { aggregate, step });
    };
    await Promise.all(neighbours.map(write));
    for (const service of neighbours) {
      const told = await stored(admin, events[service].subject, 30);
      expect(told.map(({ envelope }) => envelope.data)).toEqual(Array.from({ length: 30 }, (_, step) => ({ step })));
      expect(new Set(told.map(({ envelope }) => envelope.source))).toEqual(new Set([`/${service}`]));
    }
    await until(async () => (await waiting(database)) === 0);
  });

  test('do not wait for each other: neither for a visit under way, nor for rows that cannot be told', async () => {
    const event = eventOf('users');
    const mute = { products: await startMute('products'), users: await startMute('users') };
    await mute.products.write(eventOf('products'), database.tenantId);
    // Larger than NATS takes.
    await database.query(`INSERT INTO outbox (type, dataschema, aggregate, data)
      VALUES ('products.huge', 'urn:x', 'x', to_jsonb(repeat('x', 5000000)))`);
    await mute.users.write(event, database.tenantId);
    expect(await waiting(database)).toBe(3);
    await expect(tellerOf('products', mute.products).visit(database.tenantId)).rejects.toThrow();
    // The one that could be told is gone, the other waits.
    expect(await waiting(database)).toBe(2);
    await database.query(`DELETE FROM outbox WHERE type = 'products.huge'`);
    let meanwhile: Visit | undefined;
    tenants.products.beforeCommit = async () => {
      meanwhile = await tellerOf('users', mute.users).visit(database.tenantId);
    };
    expect(await tellerOf('products', mute.products).visit(database.tenantId)).toBe('empty');
    expect(meanwhile).toBe('empty');
    expect(await stored(admin, event.subject, 1)).toHaveLength(1);
  });

  test('keep a hint each: one that has told all of its own leaves the other findable', async () => {
    const events = { products: eventOf('products'), users: eventOf('users') };
    const { tenantId } = database;
    const dying = await startMute('products');
    await dying.write(events.products, tenantId);
    await dying.die();
    const users = await start('users', { sweepMs: 50, hintLingerMs: 0 });
    await users.write(events.users, tenantId);
    await stored(admin, events.users.subject, 1);
    await until(async () => (await hintsStanding(admin, tenantId, 'users')) === 0);
    expect([await hintsStanding(admin, tenantId, 'products'), await waiting(database)]).toEqual([1, 1]);
    await start('products');
    expect(await stored(admin, events.products.subject, 1)).toHaveLength(1);
  });

  test('say nothing in the name of each other: it is a defect before anything is written', async () => {
    const users = await start('users');
    const aggregate = randomUUID();
    const writing = users.write(eventOf('products'), database.tenantId, { aggregate });
    await expect(writing).rejects.toThrow(/products\.[a-z]+ is not an event of users/);
    expect(await waiting(database)).toBe(0);
  });
});
