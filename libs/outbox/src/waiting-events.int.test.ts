import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Controller, Global, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { deadLetterSubject, resumedSubject, waitingSubject } from '@tenantry/contracts';
import { KitModule, type KitProcess, type Nats } from '@tenantry/service-kit';
import type { TenantDatabase } from '@tenantry/testing';
import { EventConsumer, type ConsumerSettings } from './event-consumer.js';
import type { Heard } from './heard.js';
import { Hears } from './hears.js';
import { Inbox } from './inbox.js';
import { OutboxModule } from './outbox.module.js';
import { PostOffice } from './post-office.js';
import { tenantStore } from './store.js';
import { EventStreams } from './streams.js';
import { makeStreams, natsAs, ownEvent, silent, stored, type OwnEvent, type Stored, until } from './test/broker.js';
import { createTenants, made, Tenants, waiting } from './test/tenants.js';
import { Writer } from './test/writer.js';
import { WaitingEvents } from './waiting-events.js';

// All instances of a service share the consumer of its name: only this file listens as `products`.
let tenants: Tenants;
let databases: TenantDatabase[];
let acme: TenantDatabase;
let globex: TenantDatabase;
let admin: Nats;
let usersNats: Nats;
let users: EventStreams;
const closing: (() => Promise<void>)[] = [];

const quick: ConsumerSettings = { retryAfterMs: [20, 50], atOnce: 16, tryMs: 5000, listenAgainMs: 50 };
const tries = quick.retryAfterMs.length + 1;

beforeAll(async () => {
  databases = await createTenants(2);
  [acme, globex] = databases as [TenantDatabase, TenantDatabase];
  tenants = new Tenants(databases);
  admin = await natsAs('admin');
  usersNats = await natsAs('users');
  users = new EventStreams(usersNats, 'users');
  await makeStreams();
});
afterEach(async () => {
  tenants.behind.clear();
  for (const close of closing.splice(0)) await close();
});
afterAll(async () => {
  await Promise.all([admin.close(), usersNats.close(), tenants.close()]);
  await Promise.all(databases.map((database) => database.drop()));
});

/** One instance of `products` that hears the event, in the tenant's database. Returns how to end it. */
async function listen(
  event: OwnEvent,
  handle: (heard: Heard) => Promise<void>,
  settings: ConsumerSettings = quick,
): Promise<() => Promise<void>> {
  const nats = await natsAs('products');
  const store = tenantStore(tenants);
  const office = new PostOffice({ service: 'products', store, nats, log: silent });
  const { streams } = office;
  const consumer = new EventConsumer(streams, silent, settings, new WaitingEvents(streams, store, silent));
  consumer.on(event, new Inbox(store, office.outbox, 'products').hearer(event, handle));
  consumer.start();
  let ended: Promise<void> | undefined;
  const end = (): Promise<void> => (ended ??= consumer.close().then(() => nats.close()));
  closing.push(end);
  return end;
}

/** Tells an event of a tenant as the relay does. */
async function tell(event: OwnEvent, { tenantId }: TenantDatabase, step = 0): Promise<string> {
  const id = randomUUID().replace(/^(.{14})./, '$17');
  const envelope = {
    ...{ specversion: '1.0', id, source: '/users', type: event.type, subject: 'chair' },
    ...{ time: new Date().toISOString(), datacontenttype: 'application/json', dataschema: event.dataschema },
    ...{ tenantid: tenantId, data: { step } },
  };
  await users.publish(event.subject, JSON.stringify(envelope), { id, ackMs: 5000 });
  return id;
}

/** What is stored of the event under another subject. */
const keptAt = async (subject: string, event: OwnEvent): Promise<Stored[]> =>
  (await stored(admin, subject)).filter(({ envelope }) => envelope.type === event.type);
const refusedMore = (times: number): Promise<void> => {
  const from = tenants.behind.get(acme.tenantId) ?? 0;
  return until(() => (tenants.behind.get(acme.tenantId) ?? 0) >= from + times);
};

const ownOfUsers = (): OwnEvent => ownEvent(1, undefined, 'users');

describe('an event of a tenant that the service cannot serve yet', () => {
  test('waits for longer than any number of tries, and through the end of its instance, and is heard once when it can be', async () => {
    const event = ownOfUsers();
    const heard: string[] = [];
    const handle = async ({ id, tenantId }: Heard): Promise<void> => {
      await tenants.query('mark', 'INSERT INTO products (name, price) VALUES ($1, 1)', [id]);
      heard.push(tenantId!);
    };
    tenants.behind.set(acme.tenantId, 0);
    const end = await listen(event, handle);
    const id = await tell(event, acme);
    await refusedMore(tries + 3);
    await end();
    await listen(event, handle);
    await refusedMore(tries + 3);
    const other = await tell(event, globex);
    await until(async () => (await made(globex, other)) === 1);
    expect(heard).toEqual([globex.tenantId]);

    tenants.behind.delete(acme.tenantId);
    await until(async () => (await made(acme, id)) === 1);
    expect(heard).toEqual([globex.tenantId, acme.tenantId]);
    expect(await keptAt(deadLetterSubject('products'), event)).toEqual([]);
    expect(await keptAt(waitingSubject('products'), event)).toMatchObject([{ headers: { Subject: event.subject } }]);
  });

  test('that then fails has all its tries, and is laid aside as what it is', async () => {
    const event = ownOfUsers();
    let tried = 0;
    tenants.behind.set(acme.tenantId, 0);
    await listen(event, async () => {
      tried++;
      throw new Error('poison');
    });
    await tell(event, acme);
    await refusedMore(tries + 3);
    tenants.behind.delete(acme.tenantId);
    let dead: Stored[] = [];
    await until(async () => (dead = await keptAt(deadLetterSubject('products'), event)).length > 0);
    const expected = { Subject: event.subject, Tries: String(tries), Reason: 'Error: poison' };
    expect([tried, dead]).toMatchObject([tries, [{ headers: expected }]]);
  });

  test('holds up none of the others, were there more of them than JetStream usually lets wait', async () => {
    const many = 1100;
    const event = ownOfUsers();
    const heard: string[] = [];
    const slow = { ...quick, retryAfterMs: [600_000] };
    tenants.behind.set(acme.tenantId, 0);
    await listen(event, async ({ tenantId }) => void heard.push(tenantId!), slow);
    for (let told = 0; told < many; told += 100)
      await Promise.all(Array.from({ length: 100 }, () => tell(event, acme)));
    await until(() => (tenants.behind.get(acme.tenantId) ?? 0) >= many, 60_000);
    await tell(event, globex);
    await until(() => heard.length > 0);
    expect(heard).toEqual([globex.tenantId]);
  }, 90_000);
});

test("a service's @Hears methods hear such events later", async () => {
  const event = ownOfUsers();
  const heard: (string | null)[] = [];
  @Controller()
  class Hearing {
    @Hears(event)
    async hear({ tenantId }: Heard): Promise<void> {
      heard.push(tenantId);
    }
  }
  @Global()
  @Module({ providers: [{ provide: Tenants, useValue: tenants }], exports: [Tenants] })
  class Databases {}
  const nats = await natsAs('products');
  const kit = { config: { MASTER_KEY: randomBytes(32) }, log: silent, nats, messages: {}, signer: undefined };
  const imports = [KitModule.of(kit as unknown as KitProcess<unknown>), Databases];
  @Module({ imports: [...imports, OutboxModule.forTenants('products', Tenants)], controllers: [Hearing] })
  class Service {}
  tenants.behind.set(acme.tenantId, 0);
  const service = await NestFactory.createApplicationContext(Service, { logger: false });
  closing.push(() => service.close().then(() => nats.close()));
  await tell(event, acme);
  await until(async () => (await keptAt(waitingSubject('products'), event)).length === 1);
  tenants.behind.delete(acme.tenantId);
  await until(() => heard.length > 0);
  expect(heard).toEqual([acme.tenantId]);
});

test('what is to be told of such a tenant stays in its outbox, and is told when it can be', async () => {
  const event = ownEvent();
  const writer = await Writer.start(tenants, { maxBackoffMs: 200 });
  closing.push(() => writer.leave());
  await writer.write(event, acme.tenantId, { meanwhile: async () => void tenants.behind.set(acme.tenantId, 0) });
  await refusedMore(5);
  expect([await waiting(acme), await stored(admin, event.subject)]).toEqual([1, []]);
  tenants.behind.delete(acme.tenantId);
  expect(await stored(admin, event.subject, 1)).toHaveLength(1);
  await until(async () => (await waiting(acme)) === 0);
});

test('a service keeps its own events alone', async () => {
  for (const subject of [waitingSubject('products'), resumedSubject('products')])
    await expect(users.publish(subject, '{}', { ackMs: 300 })).rejects.toThrow();
});
