import { randomInt, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Controller, Global, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { event, type DomainEvent } from '@tenantry/contracts';
import { KitModule, type KitProcess, type Nats } from '@tenantry/service-kit';
import { createTenantDatabase, type TenantDatabase } from '@tenantry/testing';
import pg from 'pg';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import type { Heard } from './heard.js';
import { Hears } from './hears.js';
import { Outbox } from './outbox.js';
import { OutboxModule } from './outbox.module.js';
import { PostOffice } from './post-office.js';
import { centralStore, type CentralDatabase } from './store.js';
import { makeStreams, natsAs, silent, stored, until } from './test/broker.js';

const word = Array.from({ length: 12 }, () => String.fromCharCode(97 + randomInt(26))).join('');
const opened = event(`tenants.${word}`, { data: z.strictObject({ id: z.string() }), version: 1 });
type Opened = typeof opened;

let database: TenantDatabase;
let pool: pg.Pool;
let admin: Nats;
let nats: Nats;
let app: INestApplicationContext;

/** A central database, which has the tables that a tenant's has. */
class Central implements CentralDatabase {
  async transaction<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    const client = await pool.connect();
    const query = async (text: string, values: unknown[]) => (await client.query<pg.QueryResultRow>(text, values)).rows;
    try {
      await client.query('BEGIN');
      const result = await work({ query } as unknown as EntityManager);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  }
}

const heard: Heard<Opened>[] = [];

@Controller()
class Welcome {
  readonly greeting = 'welcome';

  @Hears(opened)
  async greet(what: Heard<Opened>, manager: EntityManager): Promise<void> {
    heard.push(what);
    await manager.query('INSERT INTO products (name, price) VALUES ($1, 1)', [`${this.greeting} ${what.aggregate}`]);
  }
}

beforeAll(async () => {
  database = await createTenantDatabase();
  const { host, port, role: user, password } = database;
  pool = new pg.Pool({ host, port, database: database.database, user, password, max: 5 });
  admin = await natsAs('admin');
  await makeStreams();
  nats = await natsAs('tenant-registry');
  const kit = { config: {}, log: silent, nats, messages: {}, signer: undefined, health: {} };
  @Global()
  @Module({ providers: [Central], exports: [Central] })
  class DatabaseModule {}
  @Module({
    imports: [
      KitModule.of(kit as unknown as KitProcess<unknown>),
      DatabaseModule,
      OutboxModule.forCentral('tenant-registry', Central),
    ],
    controllers: [Welcome],
  })
  class Registry {}
  app = await NestFactory.createApplicationContext(Registry, { logger: false });
});
afterAll(async () => {
  await app.close();
  await Promise.all([nats.close(), admin.close(), pool.end()]);
  await database.drop();
});

const write = (outbox: Outbox, event: DomainEvent, id: string): Promise<void> =>
  outbox.transaction(async (manager) => {
    await manager.query('INSERT INTO products (name, price) VALUES ($1, 1)', [id]);
    outbox.add(event, { aggregate: id, tenantId: id, data: { id } });
  });
const rowsNamed = async (name: string): Promise<number> =>
  (await database.query('SELECT 1 FROM products WHERE name = $1', [name])).rows.length;

describe('a service with a central database', () => {
  test('tells of the tenant that the event names, and hears it in its own @Hears method, once', async () => {
    const id = randomUUID();
    await write(app.get(Outbox), opened, id);
    await until(() => heard.some(({ aggregate }) => aggregate === id));
    expect(heard.filter(({ aggregate }) => aggregate === id)).toMatchObject([{ tenantId: id, data: { id } }]);
    await until(async () => (await rowsNamed(`welcome ${id}`)) === 1);
    const told = await stored(admin, opened.subject, 1);
    expect(told.map(({ envelope }) => [envelope.tenantid, envelope.source])).toContainEqual([id, '/tenant-registry']);
  });

  test('needs no hint: any instance tells what another one committed before it died', async () => {
    const other = await natsAs('tenant-registry');
    const settings = { coalesceMs: 3_600_000, sweepMs: 3_600_000 };
    const store = centralStore(new Central());
    const dying = new PostOffice({ service: 'tenant-registry', store, nats: other, log: silent, settings });
    const silentEvent = event(`tenants.${word}ly`, { data: opened.data, version: 1 });
    await write(dying.outbox, silentEvent, randomUUID());
    await other.connection.close();
    expect(await stored(admin, silentEvent.subject, 1)).toHaveLength(1);
  });
});
