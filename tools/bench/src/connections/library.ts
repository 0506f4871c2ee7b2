import { randomBytes } from 'node:crypto';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getRepositoryToken, TypeOrmModule } from '@nestjs/typeorm';
import type { TenantPlace } from '@tenantry/contracts';
import { sealSecret } from '@tenantry/service-kit';
import { type ConnectionSettings, TenantConnectionModule, TenantConnections } from '@tenantry/tenant-connection';
import type { ObjectLiteral, Repository } from 'typeorm';
import { entities, Product } from './entities.ts';
import { type Place, readText, tenantId } from './fleet.ts';

const masterKey = randomBytes(32);

const tenantPlace = async (number: number, { user, password, ...where }: Place): Promise<TenantPlace> => ({
  id: tenantId(number),
  slug: `t-${number}`,
  name: `Tenant ${number}`,
  state: 'active',
  plan: 'standard',
  generation: 1,
  schemaVersion: 1,
  limits: { requestsPerMinute: 600, maxConnections: 10, maxDatabaseBytes: 1e9, maxUsers: 100 },
  signUp: false,
  ...where,
  role: user,
  password: await sealSecret(password, masterKey, { owner: tenantId(number), field: 'db_password' }),
});

/** The library, as a service has it: a Nest application with the module in it. */
export interface Library {
  readonly connections: TenantConnections;
  readonly products: Repository<ObjectLiteral>;
  /** 20 rows of a tenant through the prepared path. */
  readonly read: (tenant: number) => Promise<number>;
  /** 20 rows of a tenant through a stock repository. */
  readonly find: (tenant: number) => Promise<number>;
  close(): Promise<void>;
}

const deadlineMs = 60_000;
const states = ['active'] as const;

export async function openLibrary(places: readonly Place[], settings: Partial<ConnectionSettings>): Promise<Library> {
  // Sealed before the clock runs: that is the registry's work.
  const known = await Promise.all(
    places.map(async (place, number) => JSON.stringify(await tenantPlace(number, place))),
  );
  class BenchModule {}
  Module({
    imports: [
      TenantConnectionModule.forRootAsync({
        useFactory: () => ({
          service: 'bench',
          oldestSchema: 1,
          masterKey,
          settings,
          source: { load: async (id: string) => JSON.parse(known[Number(id.slice(-12))] ?? 'null') as TenantPlace },
        }),
      }),
      TypeOrmModule.forFeature(entities),
    ],
  })(BenchModule);
  const app = await NestFactory.createApplicationContext(BenchModule, { logger: ['error'] });
  const connections = app.get(TenantConnections);
  const products = app.get<Repository<ObjectLiteral>>(getRepositoryToken(Product));
  const lease = (tenant: number, work: () => Promise<unknown[]>): Promise<number> =>
    connections
      .lease(tenantId(tenant), { deadlineAt: performance.now() + deadlineMs, states, subject: 'bench' }, work)
      .then((rows) => rows.length);
  return {
    connections,
    products,
    read: (tenant) => lease(tenant, () => connections.query('read', readText)),
    find: (tenant) => lease(tenant, () => products.find()),
    close: () => app.close(),
  };
}
