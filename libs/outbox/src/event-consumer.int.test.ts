import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { deadLetterSubject, type DomainEvent } from '@tenantry/contracts';
import { currentRequest, type Nats } from '@tenantry/service-kit';
import type { TenantDatabase } from '@tenantry/testing';
import { EventConsumer, type ConsumerSettings, type Hearer } from './event-consumer.js';
import type { Heard } from './heard.js';
import { Inbox } from './inbox.js';
import { PostOffice } from './post-office.js';
import { tenantStore } from './store.js';
import { EventStreams } from './streams.js';
import {
  makeStreams,
  natsAs,
  ownEvent,
  silent,
  sleep,
  stored,
  until,
  type OwnEvent,
  type Stored,
} from './test/broker.js';
import { createTenants, Tenants } from './test/tenants.js';

// All instances of a service share the consumer of its name: only this file listens as `users`.
let tenants: Tenants;
let databases: TenantDatabase[];
let acme: TenantDatabase;
let admin: Nats;
let products: EventStreams;
let productsNats: Nats;
const closing: (() => Promise<void>)[] = [];

const quick: ConsumerSettings = { retryAfterMs: [50, 100], atOnce: 4, tryMs: 2000, listenAgainMs: 50 };

beforeAll(async () => {
  databases = await createTenants(1);
  [acme] = databases as [TenantDatabase];
  tenants = new Tenants(databases);
  admin = await natsAs('admin');
  productsNats = await natsAs('products');
  products = new EventStreams(productsNats, 'products');
  await makeStreams();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(async () => {
  await Promise.all([admin.close(), productsNats.close(), tenants.close()]);
  await Promise.all(databases.map((database) => database.drop()));
});

/** One instance of `users`, which hears these events. */
async function listen(...hearers: readonly [DomainEvent, Hearer][]): Promise<void> {
  const nats = await natsAs('users');
  const consumer = new EventConsumer(new EventStreams(nats, 'users'), silent, quick);
  for (const [event, hear] of hearers) consumer.on(event, hear);
  consumer.start();
  closing.push(async () => {
    await consumer.close();
    await nats.close();
  });
}

/** A hearer whose work is done in the tenant's database, with memory. */
async function inTenant(event: OwnEvent, handle: (heard: Heard) => Promise<void>): Promise<Hearer> {
  const nats = await natsAs('users');
  const store = tenantStore(tenants);
  const office = new PostOffice({ service: 'users', store, nats, log: silent });
  closing.push(() => nats.close());
  return new Inbox(store, office.outbox, 'users').hearer(event, handle);
}

interface Changes {
  id?: string;
  dataschema?: string;
  type?: string;
  tenantid?: string | undefined;
}

/** Tells an event as the relay does. */
async function tell(event: OwnEvent, step: number, changes: Changes = {}, messageId = randomUUID()): Promise<string> {
  const id =
    changes.id ??
    `${Date.now()
      .toString(16)
      .padStart(12, '0')
      .replace(/^(.{8})/, '$1-')}-7${randomUUID().slice(15)}`;
  const envelope = {
    ...{ specversion: '1.0', id, source: '/products', type: event.type, subject: 'chair' },
    ...{ time: new Date().toISOString(), datacontenttype: 'application/json', dataschema: event.dataschema },
    ...{ tenantid: acme.tenantId, requestid: 'the-request', traceparent: '00-trace', data: { step } },
    ...changes,
  };
  await products.publish(event.subject, JSON.stringify(envelope), { id: messageId, ackMs: 2000 });
  return id;
}

async function deadLettersOf(event: OwnEvent, atLeast: number): Promise<Stored[]> {
  let found: Stored[] = [];
  await until(async () => {
    found = (await stored(admin, deadLetterSubject('users'))).filter(
      ({ headers }) => headers['Subject'] === event.subject,
    );
    return found.length >= atLeast;
  });
  return found;
}

describe('an event', () => {
  test('is heard with its data, within the request that caused it and the tenant it is of', async () => {
    const event = ownEvent();
    const heard: Heard[] = [];
    const seen: unknown[] = [];
    const hearer = await inTenant(event, async (what) => {
      heard.push(what);
      const { requestId, traceparent, caller } = currentRequest()!;
      const rows = await tenants.query<{ name: string }>('where', 'SELECT current_database()::text AS name');
      seen.push({ requestId, traceparent, caller: caller.subject, tenantId: caller.tenantId, database: rows[0]?.name });
    });
    await listen([event, hearer]);
    const id = await tell(event, 3);
    await until(() => seen.length > 0);
    expect(heard).toMatchObject([
      { id, type: event.type, aggregate: 'chair', tenantId: acme.tenantId, data: { step: 3 } },
    ]);
    const { tenantId, database } = acme;
    expect(seen).toEqual([
      { requestId: 'the-request', traceparent: '00-trace', caller: 'system:products', tenantId, database },
    ]);
  });

  test('told before anybody listened is heard', async () => {
    const event = ownEvent();
    await tell(event, 1);
    const steps: number[] = [];
    await listen([event, async ({ data }) => void steps.push((data as { step: number }).step)]);
    await until(() => steps.length === 1);
  });

  test('that comes twice is worked on once, what it did before a failure being undone', async () => {
    const event = ownEvent();
    let tries = 0;
    const hearer = await inTenant(event, async ({ id }) => {
      await tenants.query('mark', 'INSERT INTO products (name, price) VALUES ($1, 1)', [id]);
      if (++tries === 1) throw new Error('fails once');
    });
    await listen([event, hearer]);
    const id = await tell(event, 1);
    await until(() => tries === 2);
    await tell(event, 1, { id });
    const marker = await tell(event, 2);
    const marks = async (name: string): Promise<number> =>
      (await acme.query('SELECT 1 FROM products WHERE name = $1', [name])).rows.length;
    await until(async () => (await marks(marker)) === 1);
    await sleep(200);
    expect([await marks(id), tries]).toEqual([1, 3]);
  });

  test('is heard by one of several instances', async () => {
    const event = ownEvent();
    const heard: string[] = [];
    const hear = async ({ id }: Heard): Promise<void> => void heard.push(id);
    await listen([event, hear]);
    await listen([event, hear]);
    const ids = await Promise.all(Array.from({ length: 20 }, (_, step) => tell(event, step)));
    await until(() => heard.length >= 20);
    await sleep(100);
    expect(heard.toSorted()).toEqual(ids.toSorted());
  });
});

describe('an event that cannot be worked on', () => {
  test('is laid aside with the reason after the last try, and holds up no other', async () => {
    const event = ownEvent();
    const tries = new Map<number, number>();
    const done: number[] = [];
    await listen([
      event,
      async ({ data }) => {
        const { step } = data as { step: number };
        tries.set(step, (tries.get(step) ?? 0) + 1);
        if (step < 6) throw new Error(`step ${step} is poison`);
        done.push(step);
      },
    ]);
    // More poison than is worked on at once.
    for (let step = 0; step < 12; step++) await tell(event, step);
    await until(() => done.length === 6);
    const dead = await deadLettersOf(event, 6);
    const expected = { Tries: '3', Reason: expect.stringMatching(/^Error: step \d is poison$/) as unknown };
    expect(dead.map(({ headers }) => headers)).toEqual(Array(6).fill(expect.objectContaining(expected)));
    expect(dead[0]?.envelope.type).toBe(event.type);
    await sleep(300);
    expect(Object.fromEntries(tries)).toMatchObject({ 0: 3, 5: 3, 6: 1, 11: 1 });
    expect(await deadLettersOf(event, 6)).toHaveLength(6);
  });

  test.each<[string, Changes, RegExp]>([
    ['of an unknown version', { dataschema: 'urn:tenantry:event:products.x:9' }, /unknown version: .*:9/],
    ['of another type than its subject', { type: 'users.created' }, /its type users\.created/],
    ['without a CloudEvents id', { id: 'not-an-id' }, /not a CloudEvent/],
  ])('%s is laid aside at once', async (_, changes, reason) => {
    const event = ownEvent();
    let heard = 0;
    await listen([event, async () => void heard++]);
    await tell(event, 1, changes);
    const [{ headers } = { headers: {} as Stored['headers'] }] = await deadLettersOf(event, 1);
    expect(headers).toMatchObject({ Tries: '1', Reason: expect.stringMatching(reason) });
    expect(heard).toBe(0);
  });

  test('that no handler ever outlived is laid aside without another try', async () => {
    const event = ownEvent();
    let heard = 0;
    const nats = await natsAs('users');
    const settings = { ...quick, tryMs: 200, retryAfterMs: [] };
    const consumer = new EventConsumer(new EventStreams(nats, 'users'), silent, settings);
    consumer.on(event, () => {
      heard++;
      return new Promise(() => undefined);
    });
    consumer.start();
    await tell(event, 1);
    const [dead] = await deadLettersOf(event, 1);
    expect([heard, dead?.headers['Tries']]).toEqual([1, '2']);
    await nats.connection.close();
  });
});

describe('a service', () => {
  test('may not tell what happens in another, nor read through its consumer, nor touch its hints', async () => {
    for (const subject of ['events.users.created', 'events.dead.users', 'outbox-hints.users.x'])
      await expect(products.publish(subject, '{}', { ackMs: 300 })).rejects.toThrow();
    const api = [
      'CONSUMER.DURABLE.CREATE.events.users',
      'CONSUMER.MSG.NEXT.events.users',
      'STREAM.PURGE.events',
      'STREAM.DELETE.events',
    ];
    for (const call of [...api, 'STREAM.MSG.DELETE.events', 'STREAM.MSG.GET.outbox-hints-users'])
      await expect(productsNats.connection.request(`$JS.API.${call}`, '{}', { timeout: 300 })).rejects.toThrow();
  });
});
