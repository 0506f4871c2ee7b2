import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import type { Nats } from '@tenantry/service-kit';
import { type TenantDatabase, testServers, Wire, within } from '@tenantry/testing';
import { defaultSettings, type OutboxSettings } from './settings.js';
import { tenantStore } from './store.js';
import { hintStreamOf } from './streams.js';
import { Teller, type Visit } from './teller.js';
import { hintsStanding, makeStreams, natsAs, ownEvent, removeHints, sleep, stored, until } from './test/broker.js';
import { createTenants, made, Tenants, waiting } from './test/tenants.js';
import { Writer } from './test/writer.js';

let databases: TenantDatabase[];
let acme: TenantDatabase;
let globex: TenantDatabase;
let admin: Nats;
let tenants: Tenants;
const writers: Writer[] = [];

beforeAll(async () => {
  databases = await createTenants(3);
  [acme, globex] = databases as [TenantDatabase, TenantDatabase];
  admin = await natsAs('admin');
  await makeStreams();
});
afterEach(async () => {
  const living = writers.splice(0).filter(({ nats }) => !nats.connection.isClosed());
  await Promise.all(living.map((writer) => writer.leave()));
  await tenants.close();
  // What the dead of one test left is no matter of the next.
  await removeHints(admin, 'products');
});
afterAll(async () => {
  await admin.close();
  await Promise.all(databases.map((database) => database.drop()));
});

const start = async (...given: Parameters<typeof Writer.start>): Promise<Writer> => {
  const writer = await Writer.start(...given);
  writers.push(writer);
  return writer;
};
const startMute = async (settings?: Partial<OutboxSettings>): Promise<Writer> => {
  const writer = await Writer.startMute(tenants, settings);
  writers.push(writer);
  return writer;
};

const hintsFor = ({ tenantId }: TenantDatabase): Promise<number> => hintsStanding(admin, tenantId);

describe('an event', () => {
  test('is told when its write is committed, as a CloudEvent that knows tenant, request and trace', async () => {
    tenants = new Tenants(databases);
    const event = ownEvent();
    const aggregate = randomUUID();
    await (await start(tenants)).write(event, acme.tenantId, { aggregate, step: 7 });
    const [{ envelope, headers } = { envelope: undefined, headers: {} }] = await stored(admin, event.subject, 1);
    expect(envelope).toEqual({
      specversion: '1.0',
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      source: '/products',
      type: event.type,
      subject: aggregate,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      datacontenttype: 'application/json',
      dataschema: event.dataschema,
      tenantid: acme.tenantId,
      requestid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      traceparent: expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-/),
      data: { step: 7 },
    });
    expect(headers).toMatchObject({ 'Nats-Msg-Id': envelope?.id, 'Content-Type': 'application/cloudevents+json' });
    await until(async () => (await waiting(acme)) === 0);
  });

  test('is not there when its write is rolled back, nor is the write when the event is refused', async () => {
    tenants = new Tenants(databases);
    const writer = await start(tenants);
    const event = ownEvent();
    const [failed, refused] = [randomUUID(), randomUUID()];
    const meanwhile = () => Promise.reject(new Error('changed my mind'));
    await expect(writer.write(event, acme.tenantId, { aggregate: failed, meanwhile })).rejects.toThrow(
      'changed my mind',
    );
    await expect(writer.write(event, acme.tenantId, { aggregate: refused, step: 0.5 })).rejects.toThrow(/int/);
    await writer.write(event, acme.tenantId, { step: 1 });
    expect((await stored(admin, event.subject, 1)).map(({ envelope }) => envelope.data)).toEqual([{ step: 1 }]);
    await sleep(200);
    expect(await stored(admin, event.subject)).toHaveLength(1);
    expect([await made(acme, failed), await made(acme, refused), await waiting(acme)]).toEqual([0, 0, 0]);
  });

  test('goes with the outermost transaction, also where a part of it fails and the failure is swallowed', async () => {
    tenants = new Tenants(databases);
    const writer = await start(tenants);
    const event = ownEvent();
    const inner = () => writer.office.outbox.transaction(() => Promise.reject(new Error('a part')));
    const outer = writer.write(event, acme.tenantId, { meanwhile: () => inner().catch(() => undefined) });
    await expect(outer).rejects.toThrow(/a part of this transaction has failed/);
    await writer.write(event, acme.tenantId, {
      meanwhile: () => writer.office.outbox.transaction(async () => undefined),
    });
    expect(await stored(admin, event.subject, 1)).toHaveLength(1);
  });

  test('outside of a transaction is a defect', async () => {
    tenants = new Tenants(databases);
    const { outbox } = (await start(tenants)).office;
    expect(() => outbox.add(ownEvent(), { aggregate: 'x', data: { step: 1 } })).toThrow(TypeError);
    await expect(outbox.transaction(async () => undefined)).rejects.toThrow(/outside of a request in a tenant/);
  });

  test('that is told twice is one message', async () => {
    tenants = new Tenants(databases);
    const writer = await start(tenants, { coalesceMs: 100 });
    const event = ownEvent();
    await writer.write(event, acme.tenantId);
    let visits = 0;
    tenants.beforeCommit = () => (visits++ === 0 ? Promise.reject(new Error('lost after telling')) : Promise.resolve());
    await until(async () => visits > 1 && (await waiting(acme)) === 0);
    expect(await stored(admin, event.subject, 1)).toHaveLength(1);
  });
});

describe('events of one aggregate', () => {
  test('come in the order of their commits, from two instances at once', async () => {
    tenants = new Tenants(databases);
    const quick = { coalesceMs: 1, lockedRetryMs: 1, batch: 7 };
    const instances = [await start(tenants, quick), await start(tenants, quick)];
    const event = ownEvent();
    const aggregates = [randomUUID(), randomUUID(), randomUUID()];
    for (const name of aggregates) await acme.query(`INSERT INTO products (name, price) VALUES ($1, 1)`, [name]);
    const changes = Array.from({ length: 120 }, (_, turn) =>
      instances[turn % 2]!.change(event, acme.tenantId, aggregates[turn % 3]!),
    );
    await Promise.all(changes);
    const told = await stored(admin, event.subject, 120);
    for (const aggregate of aggregates) {
      const steps = told.filter(({ envelope }) => envelope.subject === aggregate).map(({ envelope }) => envelope.data);
      expect(steps).toEqual(Array.from({ length: 40 }, (_, step) => ({ step: step + 1 })));
    }
  });
});

describe('an outbox', () => {
  test('is emptied by one instance at a time', async () => {
    tenants = new Tenants(databases);
    const mute = await startMute();
    await mute.write(ownEvent(), acme.tenantId);
    const teller = new Teller(tenantStore(tenants), mute.office.streams, defaultSettings);
    let other: Visit | undefined;
    tenants.beforeCommit = async () => {
      tenants.beforeCommit = async () => undefined;
      other = await teller.visit(acme.tenantId);
    };
    expect(await teller.visit(acme.tenantId)).toBe('empty');
    expect([other, await teller.visit(acme.tenantId)]).toEqual(['locked', 'empty']);
  });
});

describe('an instance that dies between commit and publication', () => {
  test('leaves a hint, by which another one tells what it committed', async () => {
    tenants = new Tenants(databases);
    const event = ownEvent();
    const dying = await startMute();
    await dying.write(event, acme.tenantId, { step: 1 });
    await dying.write(event, globex.tenantId, { step: 2 });
    expect([await hintsFor(acme), await hintsFor(globex)]).toEqual([1, 1]);
    await dying.die();
    expect(await stored(admin, event.subject)).toEqual([]);
    await start(tenants);
    expect(await stored(admin, event.subject, 2)).toHaveLength(2);
  });

  test('is noticed by one that was there before it', async () => {
    tenants = new Tenants(databases);
    const event = ownEvent();
    await start(tenants, { sweepMs: 100 });
    const dying = await startMute();
    await dying.write(event, acme.tenantId);
    await sleep(500);
    expect(await stored(admin, event.subject)).toEqual([]);
    await dying.die();
    expect(await stored(admin, event.subject, 1)).toHaveLength(1);
  });

  test('has its hint removed only once nothing can be committed under it any more', async () => {
    tenants = new Tenants(databases);
    const event = ownEvent();
    const dying = await startMute();
    await dying.write(event, acme.tenantId);
    // Cut off from the broker, but alive enough to commit once more.
    let commit = undefined as (() => void) | undefined;
    const late = dying.write(event, acme.tenantId, { meanwhile: () => new Promise((resolve) => (commit = resolve)) });
    await until(() => commit !== undefined);
    await dying.die();
    await start(tenants, { sweepMs: 50, hintSettleMs: 2000 });
    await stored(admin, event.subject, 1);
    commit!();
    await late;
    expect(await hintsFor(acme)).toBe(1);
    expect(await stored(admin, event.subject, 2)).toHaveLength(2);
    await until(async () => (await hintsFor(acme)) === 0);
  });
});

describe('a hint', () => {
  test('stands before the commit, is shared by the writes of a busy tenant, and goes when all is told', async () => {
    tenants = new Tenants(databases);
    const writer = await start(tenants, { sweepMs: 50, hintLingerMs: 1000 });
    const event = ownEvent();
    let before = -1;
    tenants.beforeCommit = async () => {
      if (before === -1) before = await hintsFor(acme);
    };
    await writer.write(event, acme.tenantId);
    await Promise.all(Array.from({ length: 10 }, () => writer.write(event, acme.tenantId)));
    expect(before).toBe(1);
    expect(await hintsFor(acme)).toBe(1);
    await stored(admin, event.subject, 11);
    await until(async () => (await hintsFor(acme)) === 0);
  });

  test('is written anew when the last one is too old to be relied on', async () => {
    tenants = new Tenants(databases);
    const writer = await startMute({ hintTrustMs: 0 });
    const { streams } = await jetstreamManager(admin.connection, { checkAPI: false });
    const last = async () => (await streams.info(hintStreamOf('products'))).state.last_seq;
    const first = await last();
    for (let turn = 0; turn < 3; turn++) await writer.write(ownEvent(), acme.tenantId);
    expect((await last()) - first).toBeGreaterThanOrEqual(3);
    await until(async () => (await hintsFor(acme)) === 1);
  });

  test('is not left by an instance that leaves in order, nor is anything untold', async () => {
    tenants = new Tenants(databases);
    const writer = await start(tenants, { coalesceMs: 60_000 });
    const event = ownEvent();
    await writer.write(event, acme.tenantId);
    await writer.leave();
    expect(await stored(admin, event.subject)).toHaveLength(1);
    expect([await hintsFor(acme), await waiting(acme)]).toEqual([0, 0]);
  });

  test('that cannot be stored keeps the write from being done', async () => {
    tenants = new Tenants(databases);
    const wire = await Wire.lay(testServers().natsUrl);
    const writer = await start(tenants, {}, wire.url);
    wire.cut();
    await until(() => !writer.nats.isConnected);
    const aggregate = randomUUID();
    const refused = writer.write(ownEvent(), globex.tenantId, { aggregate });
    await expect(refused).rejects.toMatchObject({ code: 'service-unavailable' });
    expect([await made(globex, aggregate), await waiting(globex)]).toEqual([0, 0]);
    await writer.die();
    wire.remove();
  });
});

describe('while the broker is away', () => {
  test('what is committed under a standing hint waits, and is told when it is back', async () => {
    tenants = new Tenants(databases);
    const wire = await Wire.lay(testServers().natsUrl);
    const writer = await start(tenants, {}, wire.url);
    const event = ownEvent();
    await writer.write(event, acme.tenantId, { step: 1 });
    await stored(admin, event.subject, 1);
    wire.cut();
    await until(() => !writer.nats.isConnected);
    await within(1000, writer.write(event, acme.tenantId, { step: 2 }));
    await sleep(500);
    expect([(await stored(admin, event.subject)).length, await waiting(acme)]).toEqual([1, 1]);
    wire.mend();
    expect((await stored(admin, event.subject, 2)).map(({ envelope }) => envelope.data)).toEqual([
      { step: 1 },
      { step: 2 },
    ]);
    await writer.leave();
    wire.remove();
  });
});

describe('a tenant that said nothing', () => {
  test('is asked nothing, and one that said something is asked once', async () => {
    tenants = new Tenants(databases);
    const writer = await start(tenants, { sweepMs: 20 });
    const event = ownEvent();
    await writer.write(event, acme.tenantId);
    await stored(admin, event.subject, 1);
    await sleep(300);
    // Its write, the event's row, and one visit.
    expect(Object.fromEntries(tenants.asked)).toEqual({ [acme.tenantId]: 3 });
  });
});
