import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Nats } from '@tenantry/service-kit';
import { OwnBroker, type TenantDatabase, within } from '@tenantry/testing';
import { EventConsumer } from './event-consumer.js';
import type { OutboxSettings } from './settings.js';
import { StreamMaker, wantedStreams } from './stream-maker.js';
import { EventStreams } from './streams.js';
import { hintsStanding, keptLog, natsAs, ownEvent, silent, sleep, until } from './test/broker.js';
import { createTenants, made, Tenants, waiting } from './test/tenants.js';
import { Writer } from './test/writer.js';

// A service that writes, one that hears, and the registry, on a broker without streams: a new one, or one whose disk was lost.
const backWithinMs = 15_000;
const { log, lines } = keptLog('warn');
const event = ownEvent();
let broker: OwnBroker;
let databases: TenantDatabase[];
let acme: TenantDatabase;
let globex: TenantDatabase;
let tenants: Tenants;
let registry: Nats;
let users: Nats;
let consumer: EventConsumer;
let heard: unknown[];
const writers: Writer[] = [];

beforeEach(async () => {
  broker = await OwnBroker.start();
  databases = await createTenants(2);
  [acme, globex] = databases as [TenantDatabase, TenantDatabase];
  tenants = new Tenants(databases);
  [registry, users] = await Promise.all([natsAs('tenant-registry', broker.url), natsAs('users', broker.url)]);
  consumer = new EventConsumer(new EventStreams(users, 'users'), log);
  heard = [];
  consumer.on(event, async ({ data }) => void heard.push(data));
  consumer.start();
});
afterEach(async () => {
  await consumer.close();
  await Promise.all(writers.splice(0).map((writer) => writer.leave()));
  await Promise.all([registry.close(), users.close()]);
  broker.remove();
  await tenants.close();
  await Promise.all(databases.map((database) => database.drop()));
});

async function start(settings?: Partial<OutboxSettings>): Promise<Writer> {
  const writer = await Writer.start(tenants, settings, broker.url);
  writers.push(writer);
  return writer;
}
const isDone = (writing: Promise<void>): Promise<boolean> =>
  writing.then(
    () => true,
    () => false,
  );

describe('services on a broker without streams', () => {
  test('wait for the registry, without a warning: what would have to be told is refused at once, and served when it is there', async () => {
    const writer = await start();
    const aggregate = randomUUID();
    const refused = writer.write(event, acme.tenantId, { aggregate });
    await expect(within(1000, refused)).rejects.toMatchObject({ code: 'service-unavailable' });
    expect([await made(acme, aggregate), await waiting(acme)]).toEqual([0, 0]);
    expect(lines).toEqual([]);
    new StreamMaker(registry, silent).start();
    await until(() => isDone(writer.write(event, acme.tenantId, { step: 1 })));
    await until(() => heard.length === 1);
  });

  test('that was lost under them go on by themselves: what was written before is told, and what is written now heard', async () => {
    const { log: registryLog, lines: registryLines } = keptLog('warn');
    new StreamMaker(registry, registryLog).start();
    const writer = await start({ coalesceMs: 2000 });
    await until(() => isDone(writer.write(event, acme.tenantId, { step: 1 })));
    await until(() => heard.length === 1);
    await writer.write(event, acme.tenantId, { step: 2 });
    broker.kill();
    await until(() => !writer.nats.isConnected);
    await sleep(5000);
    expect(await waiting(acme)).toBe(1);
    await broker.startAgain({ empty: true });
    const wasBackAt = performance.now();
    await until(() => isDone(writer.write(event, globex.tenantId, { step: 3 })), backWithinMs);
    await until(() => heard.length === 3, backWithinMs);
    expect(performance.now() - wasBackAt).toBeLessThan(backWithinMs);
    const lost = registryLines.filter(({ msg }) => /a stream was gone/.test(String(msg)));
    expect(lost.map(({ stream }) => stream)).toEqual(wantedStreams.map(({ name }) => name));
    expect(heard).toEqual(expect.arrayContaining([{ step: 1 }, { step: 2 }, { step: 3 }]));
  }, 60_000);

  test('renew their hints where something is left to tell, however late the streams are made again', async () => {
    await new StreamMaker(registry, silent).look();
    const mute = { coalesceMs: 3_600_000, sweepMs: 200, leaveMs: 0 };
    const writer = await start(mute);
    const admin = await natsAs('admin', broker.url);
    await writer.write(event, acme.tenantId, { step: 1 });
    // The tenant's database is away, so that it is not told either.
    tenants.transaction = () => Promise.reject(new Error('away'));
    broker.kill();
    await until(() => !writer.nats.isConnected);
    await broker.startAgain({ empty: true });
    await until(() => writer.nats.isConnected && registry.isConnected && admin.isConnected);
    // Each reconnection has been answered for.
    await sleep(1000);
    await new StreamMaker(registry, silent).look();
    await until(async () => (await hintsStanding(admin, acme.tenantId)) === 1);
    await admin.close();
  }, 60_000);

  test("take none of each other's new hints for an old one of their own", async () => {
    await new StreamMaker(registry, silent).look();
    const mute = { coalesceMs: 3_600_000, sweepMs: 3_600_000, leaveMs: 0 };
    const [one, other] = [await start(mute), await start(mute)];
    const admin = await natsAs('admin', broker.url);
    await one.write(event, acme.tenantId);
    broker.kill();
    await until(() => !one.nats.isConnected && !other.nats.isConnected);
    await broker.startAgain({ empty: true });
    await until(() => registry.isConnected && other.nats.isConnected && one.nats.isConnected && admin.isConnected);
    await new StreamMaker(registry, silent).look();
    await other.write(event, globex.tenantId);
    await one.write(event, acme.tenantId);
    await sleep(500);
    expect(await hintsStanding(admin, globex.tenantId)).toBe(1);
    expect(await hintsStanding(admin, acme.tenantId)).toBe(1);
    await admin.close();
  }, 60_000);
});
