import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream, type Consumer } from '@nats-io/jetstream';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { eventStream, ProductEvents, type DomainEvent, type EventEnvelope } from '@tenantry/contracts';
import { OutboxModule } from '@tenantry/outbox';
import {
  anonymous,
  CommonConfig,
  createLog,
  KitModule,
  Messages,
  Nats,
  NestLog,
  sealSecret,
  withRequest,
  type KitProcess,
} from '@tenantry/service-kit';
import { TenantConnectionModule, TenantConnections } from '@tenantry/tenant-connection';
import { createTenantDatabase, testServers, type TenantDatabase } from '@tenantry/testing';
import { Product } from './product.entity.js';
import { ProductsRepository } from './products.repository.js';

const masterKey = randomBytes(32);
const log = createLog({ service: 'products', instance: 'test', level: 'warn' });

let acme: TenantDatabase;
let products: ProductsRepository;
let connections: TenantConnections;
let admin: Nats;
const closing: (() => Promise<unknown>)[] = [];

async function connect(user: string): Promise<Nats> {
  const { natsUrl, natsPasswords } = testServers();
  const config = CommonConfig.parse({ NATS_URL: natsUrl, NATS_USER: user, NATS_PASSWORD: natsPasswords[user] });
  return Nats.open(config, 'test', log);
}

/** What the registry would say of the tenant. */
const placeOf = ({ tenantId: id, host, port, database, role, password }: TenantDatabase) => ({
  ...{ id, slug: 'acme', name: 'Acme', plan: 'standard', schemaVersion: 1, generation: 1, state: 'active' as const },
  ...{ host, port, database, role, limits: { requestsPerMinute: 1000, maxConnections: 10 } },
  password: sealSecret(password, masterKey, { owner: id, field: 'db_password' }),
});

beforeAll(async () => {
  acme = await createTenantDatabase();
  admin = await connect('admin');
  const nats = await connect('products');
  const kit = { config: {}, log, nats, messages: new Messages(nats, undefined), signer: undefined };
  @Module({
    imports: [
      KitModule.of(kit as unknown as KitProcess<unknown>),
      TenantConnectionModule.forRootAsync({
        useFactory: () => ({
          ...{ service: 'products', masterKey, log, source: { load: async () => placeOf(acme) } },
          settings: { budget: 10 },
        }),
      }),
      OutboxModule.forTenants('products', TenantConnections),
      TypeOrmModule.forFeature([Product]),
    ],
    providers: [ProductsRepository],
  })
  class Service {}
  const app = await NestFactory.createApplicationContext(Service, { logger: new NestLog(log) });
  products = app.get(ProductsRepository);
  connections = app.get(TenantConnections, { strict: false });
  closing.push(
    () => app.close(),
    () => nats.close(),
    () => admin.close(),
    () => acme.drop(),
  );
});
afterAll(async () => {
  for (const close of closing) await close();
});

/** As a message of the tenant is worked on. */
function asked<Result>(work: () => Promise<Result>): Promise<Result> {
  const { tenantId } = acme;
  const caller = { ...anonymous, tenantId };
  const deadlineAt = performance.now() + 5000;
  return withRequest({ requestId: randomUUID(), traceparent: undefined, caller, deadlineAt }, () =>
    connections.runInTenant(tenantId, work),
  );
}

/** The stream is made by whoever tells the first event of all. */
async function openStream(event: DomainEvent): Promise<Consumer> {
  for (;;) {
    try {
      return await jetstream(admin.connection).consumers.get(eventStream, { filter_subjects: [event.subject] });
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'StreamNotFoundError') throw error;
      await sleep(50);
    }
  }
}

/** The first event of its kind about `id`. */
async function told(event: DomainEvent, id: string): Promise<EventEnvelope> {
  const consumer = await openStream(event);
  for await (const message of await consumer.consume()) {
    const envelope = message.json<EventEnvelope>();
    if (envelope.subject === id) return envelope;
  }
  throw new Error('the events ended');
}

const chair = { description: null, stockQuantity: 3, active: true, managedBy: null, name: 'Chair', price: '12.5' };

describe('a product', () => {
  it('comes back as PostgreSQL writes it, and is told of when it is made, changed and deleted', async () => {
    const made = await asked(() => products.insert(chair));
    expect(made).toEqual({
      ...chair,
      version: 1,
      price: '12.50',
      id: made.id,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/),
      updatedAt: made.createdAt,
    });
    expect(await told(ProductEvents.created, made.id)).toMatchObject({ tenantid: acme.tenantId, data: made });
    const changed = await asked(() => products.update(made.id, { price: '1' }));
    expect(changed).toMatchObject({ price: '1.00', name: 'Chair', version: 2 });
    expect((await told(ProductEvents.changed, made.id)).data).toEqual(changed);
    expect(await asked(() => products.delete(made.id))).toBe(true);
    expect((await told(ProductEvents.deleted, made.id)).data).toEqual({ id: made.id });
  });

  it('of a manager who does not exist is refused, made or changed, and nothing is told', async () => {
    const managedBy = randomUUID();
    const refusal = { code: 'validation', errors: [{ pointer: '/managedBy' }] };
    await expect(asked(() => products.insert({ ...chair, managedBy }))).rejects.toMatchObject(refusal);
    const { id } = await asked(() => products.insert(chair));
    await expect(asked(() => products.update(id, { managedBy }))).rejects.toMatchObject(refusal);
    const { rows } = await acme.query('SELECT managed_by FROM products WHERE id = $1', [id]);
    expect(rows).toEqual([{ managed_by: null }]);
  });

  it('that is not there is neither changed nor deleted', async () => {
    expect(await asked(() => products.update(randomUUID(), { price: '1' }))).toBeNull();
    expect(await asked(() => products.delete(randomUUID()))).toBe(false);
  });
});
