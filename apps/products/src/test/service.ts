import { randomBytes, randomUUID } from 'node:crypto';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { OutboxModule, StreamMaker } from '@tenantry/outbox';
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
import { schemaVersion } from '@tenantry/tenant-schema';
import { createTenantDatabase, testServers, type TenantDatabase } from '@tenantry/testing';
import { oldestSchema } from '../app.module.js';
import { Product } from '../product.entity.js';
import { ProductsRepository } from '../products.repository.js';
import { ProductsService } from '../products.service.js';

const masterKey = randomBytes(32);
const log = createLog({ service: 'products', instance: 'test', level: 'warn' });

async function connect(user: string): Promise<Nats> {
  const { natsUrl, natsPasswords } = testServers();
  const config = CommonConfig.parse({ NATS_URL: natsUrl, NATS_USER: user, NATS_PASSWORD: natsPasswords[user] });
  return Nats.open(config, 'test', log);
}

/** What the registry would say of the tenant. */
const placeOf = async ({ tenantId: id, host, port, database, role, password }: TenantDatabase) => ({
  ...{ id, slug: 'acme', name: 'Acme', plan: 'standard', schemaVersion, generation: 1, state: 'active' as const },
  ...{
    host,
    port,
    database,
    role,
    limits: { requestsPerMinute: 1000, maxConnections: 10, maxDatabaseBytes: 1e9, maxUsers: 100 },
    signUp: false,
  },
  password: await sealSecret(password, masterKey, { owner: id, field: 'db_password' }),
});

/** The insides of the service, in this process, with one tenant. */
export class ServiceUnderTest {
  private constructor(
    readonly acme: TenantDatabase,
    /** May do anything on the broker. */
    readonly admin: Nats,
    readonly repository: ProductsRepository,
    readonly service: ProductsService,
    private readonly connections: TenantConnections,
    readonly close: () => Promise<void>,
  ) {}

  static async start(): Promise<ServiceUnderTest> {
    const acme = await createTenantDatabase();
    const [admin, nats, registry] = await Promise.all([
      connect('admin'),
      connect('products'),
      connect('tenant-registry'),
    ]);
    await new StreamMaker(registry, log).look();
    await registry.close();
    const kit = {
      config: { MASTER_KEY: masterKey },
      ...{ log, nats, messages: new Messages(nats, undefined), signer: undefined },
    };
    @Module({
      imports: [
        KitModule.of(kit as unknown as KitProcess<unknown>),
        TenantConnectionModule.forRootAsync({
          useFactory: () => ({
            ...{ service: 'products', oldestSchema, masterKey, log, source: { load: async () => placeOf(acme) } },
            settings: { budget: 10 },
          }),
        }),
        OutboxModule.forTenants('products', TenantConnections),
        TypeOrmModule.forFeature([Product]),
      ],
      providers: [ProductsRepository, ProductsService],
    })
    class Service {}
    const app = await NestFactory.createApplicationContext(Service, { logger: new NestLog(log) });
    const close = async (): Promise<void> => {
      await app.close();
      await nats.close();
      await admin.close();
      await acme.drop();
    };
    const connections = app.get(TenantConnections, { strict: false });
    return new ServiceUnderTest(acme, admin, app.get(ProductsRepository), app.get(ProductsService), connections, close);
  }

  /** As a message of the tenant is worked on. */
  asked<Result>(work: () => Promise<Result>): Promise<Result> {
    const { tenantId } = this.acme;
    const caller = { ...anonymous, tenantId };
    const deadlineAt = performance.now() + 5000;
    return withRequest({ requestId: randomUUID(), traceparent: undefined, caller, deadlineAt }, () =>
      this.connections.runInTenant(tenantId, work),
    );
  }
}
