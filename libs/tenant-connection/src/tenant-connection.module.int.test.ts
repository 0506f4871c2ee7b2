import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Inject, Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { MessageScope } from '@tenantry/service-kit';
import { createTenantDatabase, type TenantDatabase } from '@tenantry/testing';
import { Column, Entity, PrimaryGeneratedColumn, type Repository } from 'typeorm';
import { TenantConnections } from './connections.js';
import { LeaseExpired, NoTenant, TenantNotFound, TenantSuspended } from './errors.js';
import { TenantConnectionModule } from './tenant-connection.module.js';
import { masterKey, placeOf } from './test/places.js';

@Entity('products')
class Product {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('numeric') price!: string;
}

@Injectable()
class Shop {
  constructor(
    @InjectRepository(Product) readonly products: Repository<Product>,
    @Inject(TenantConnections) readonly connections: TenantConnections,
  ) {}
}

let acme: TenantDatabase;
let globex: TenantDatabase;
let app: INestApplicationContext;
let shop: Shop;
let scope: MessageScope;
const suspended = new Set<string>();

@Module({
  imports: [
    TenantConnectionModule.forRootAsync({
      useFactory: () => ({
        service: 'shop',
        oldestSchema: 1,
        masterKey,
        source: {
          load: async (tenantId: string) => {
            const tenant = [acme, globex].find((one) => one.tenantId === tenantId);
            return (
              tenant && {
                ...(await placeOf(tenant)),
                state: suspended.has(tenantId) ? ('suspended' as const) : ('active' as const),
              }
            );
          },
        },
      }),
    }),
    TypeOrmModule.forFeature([Product]),
  ],
  providers: [Shop],
})
class ShopModule {}

const inTenant = <Result>(tenant: TenantDatabase, work: () => Promise<Result>): Promise<Result> =>
  shop.connections.runInTenant(tenant.tenantId, work);

beforeAll(async () => {
  [acme, globex] = await Promise.all([createTenantDatabase(), createTenantDatabase()]);
  app = await NestFactory.createApplicationContext(ShopModule, { logger: ['error', 'warn'] });
  shop = app.get(Shop);
  scope = app.get(MessageScope);
});
afterAll(async () => {
  await app.close();
  await Promise.all([acme.drop(), globex.drop()]);
});

describe('a stock repository', () => {
  it("writes to and reads from the caller's tenant alone", async () => {
    await inTenant(acme, () => shop.products.save({ name: 'anvil', price: '1' }));
    await inTenant(globex, () => shop.products.save({ name: 'doomsday device', price: '2' }));
    const names = (tenant: TenantDatabase) =>
      inTenant(tenant, async () => (await shop.products.find()).map(({ name }) => name));
    expect(await names(acme)).toEqual(['anvil']);
    expect(await names(globex)).toEqual(['doomsday device']);
  });

  it('raises NoTenant outside of a tenant', async () => {
    await expect(shop.products.find()).rejects.toThrow(NoTenant);
    await expect(shop.connections.query('one', 'SELECT 1')).rejects.toThrow(NoTenant);
    await expect(shop.connections.transaction(() => Promise.resolve())).rejects.toThrow(NoTenant);
  });

  it('refuses what is sent after the work has ended', async () => {
    let escaped: Promise<unknown> = Promise.resolve();
    await inTenant(acme, async () => {
      escaped = new Promise((resolve) => setTimeout(resolve, 20)).then(() => shop.products.find());
      escaped.catch(() => undefined);
    });
    await expect(escaped).rejects.toThrow(LeaseExpired);
  });
});

describe('a message scope', () => {
  const message = (tenantId: string) => ({
    tenantId,
    deadlineAt: performance.now() + 1000,
    states: ['active' as const],
    subject: 'shop.list',
  });

  it('runs the message in its tenant', async () => {
    expect(await scope.run(message(acme.tenantId), () => shop.products.count())).toBe(1);
  });

  it('refuses a tenant that does not exist, and one that is suspended', async () => {
    await expect(
      scope.run(message('00000000-0000-7000-8000-000000000000'), () => shop.products.count()),
    ).rejects.toThrow(TenantNotFound);
    suspended.add(globex.tenantId);
    shop.connections.notice({ tenantId: globex.tenantId, generation: 2, state: 'suspended' });
    await expect(scope.run(message(globex.tenantId), () => shop.products.count())).rejects.toThrow(TenantSuspended);
  });
});

describe('a transaction', () => {
  const count = () => inTenant(acme, () => shop.products.count());

  it('commits all of its work, of the manager and of stock repositories alike', async () => {
    const before = await count();
    await inTenant(acme, () =>
      shop.connections.transaction(async (manager) => {
        await manager.save(Product, { name: 'rocket skates', price: '3' });
        await shop.products.save({ name: 'giant magnet', price: '4' });
        const [{ n }] = (await shop.connections.query<{ n: number }>(
          'count',
          'SELECT count(*)::int AS n FROM products',
        )) as [{ n: number }];
        expect(n).toBe(before + 2);
      }),
    );
    expect(await count()).toBe(before + 2);
  });

  it('undoes all of its work when it fails', async () => {
    const before = await count();
    const failing = inTenant(acme, () =>
      shop.connections.transaction(async (manager) => {
        await shop.products.save({ name: 'jet motor', price: '5' });
        await manager.save(Product, { name: 'earthquake pills', price: '6' });
        throw new Error('changed my mind');
      }),
    );
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await count()).toBe(before);
  });

  it('undoes only the inner work when an inner transaction fails', async () => {
    const before = await count();
    await inTenant(acme, () =>
      shop.connections.transaction(async () => {
        await shop.products.save({ name: 'kept', price: '5' });
        await shop.connections
          .transaction(async () => {
            await shop.products.save({ name: 'dropped', price: '5' });
            throw new Error('inner');
          })
          .catch(() => undefined);
      }),
    );
    expect(await count()).toBe(before + 1);
  });
});
