import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { InstancePools, Tenant } from '@tenantry/contracts';
import { type Answer, createTenant, login, type Stack, type StackTenant, tenantWish } from '@tenantry/testing';
import { ended } from '../stories/many-births.js';
import { countBy, expectFairAnswers, Flight, until } from './flight.js';

const anvil = { name: 'Anvil', price: '1' };

const databaseOf = ({ id }: StackTenant): string => `t_${id.replaceAll('-', '')}`;

/** Requests that `products` is working on. */
async function inHand(stack: Stack): Promise<number> {
  const { body } = await stack.operator.get<{ data: InstancePools[] }>('/v1/admin/pools');
  return body.data.filter(({ service }) => service === 'products').reduce((sum, { leases }) => sum + leases, 0);
}

/** Sends `count` writes that wait for a lock on the tenant's table, does `meanwhile`, and lets go of the lock a second later. */
async function slowWrites(
  stack: Stack,
  tenant: StackTenant,
  count: number,
  meanwhile: () => void,
): Promise<(Answer | Error)[]> {
  const database = await stack.openDatabase(databaseOf(tenant));
  await database.query('BEGIN; LOCK TABLE products IN ACCESS EXCLUSIVE MODE');
  const writes = Array.from({ length: count }, () =>
    tenant.admin.post('/v1/products', anvil).catch((error: unknown) => error as Error),
  );
  await until('all of them have reached the service', 3000, async () => (await inHand(stack)) >= count);
  meanwhile();
  await sleep(1000);
  await database.query('COMMIT');
  await database.end();
  return Promise.all(writes);
}

const rowsOf = async (stack: Stack, tenant: StackTenant): Promise<number> => {
  const database = await stack.openDatabase(databaseOf(tenant));
  const { rows } = await database.query<{ count: number }>('SELECT count(*)::int AS count FROM products');
  await database.end();
  return rows[0]!.count;
};

/** The number of the lock that writes beyond the `free` ones wait for. */
const writersLock = 1;

/**
 * Lets the tenant's first writes through and holds up all others: while some are written, not all are.
 * @returns lets all through
 */
async function holdUpAllBut(free: number, stack: Stack, tenant: StackTenant): Promise<() => Promise<void>> {
  const database = await stack.openDatabase(databaseOf(tenant));
  await database.query(`
    SELECT pg_advisory_lock(${writersLock});
    CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF (SELECT count(*) FROM public.products) >= ${free} THEN PERFORM pg_advisory_xact_lock_shared(${writersLock}); END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER hold_up BEFORE INSERT ON products FOR EACH ROW EXECUTE FUNCTION hold_up()`);
  return async () => {
    // First the lock: whoever waits for it holds the table.
    await database.query(`SELECT pg_advisory_unlock(${writersLock})`);
    await database.query('DROP FUNCTION hold_up CASCADE');
    await database.end();
  };
}

/** What dies is started again by the stack after 2 s; clients notice as little as can be. */
export const serviceEnds = (stack: () => Stack): void => {
  // One that has failed leaves nothing behind for the next.
  beforeEach(async () => {
    const tenant = await createTenant(stack());
    const paths = ['/v1/products', '/v1/me', '/v1/users'];
    await until('everything is served', 30_000, async () => {
      const answers = await Promise.all(paths.map((path) => tenant.admin.get(path)));
      return answers.every(({ status }) => status === 200);
    });
  }, 40_000);

  describe('products', () => {
    it('killed between writes and their answers: sent again under its key, each is there once and answered', async () => {
      const tenant = await createTenant(stack());
      const keys = Array.from({ length: 60 }, () => randomUUID());
      const send = (key: string): Promise<Answer | Error> =>
        tenant.admin
          .with({ 'idempotency-key': key })
          .post('/v1/products', { name: key, price: '1' })
          .catch((error: unknown) => error as Error);
      const letAllThrough = await holdUpAllBut(keys.length / 2, stack(), tenant);
      const first = Promise.all(keys.map(send));
      await until('some are written', 5000, async () => (await rowsOf(stack(), tenant)) > 0);
      stack().kill('products');
      await letAllThrough();
      const answered = (await first).filter((answer) => !(answer instanceof Error) && answer.status === 201);
      expect(answered.length).toBeLessThan(keys.length);
      await until('all are answered', 20_000, async () => {
        const again = await Promise.all(keys.map(send));
        return again.every((answer) => !(answer instanceof Error) && answer.status === 201);
      });
      const database = await stack().openDatabase(databaseOf(tenant));
      const { rows } = await database.query<{ name: string }>('SELECT name FROM products');
      await database.end();
      expect(rows.map(({ name }) => name).toSorted()).toEqual(keys.toSorted());
    }, 60_000);

    it('killed while requests fly: each is answered in time, and it is back by itself', async () => {
      const tenant = await createTenant(stack());
      const first = stack().pidOf('products');
      const flights = [
        new Flight(() => tenant.admin.get('/v1/products?limit=1'), 10),
        new Flight(() => tenant.admin.post('/v1/products', anvil), 5),
      ];
      await sleep(500);
      stack().kill('products');
      const tookMs = await until('products is another process and serves', 15_000, async () => {
        const isNew = stack().pidOf('products') !== first;
        return isNew && (await tenant.admin.get('/v1/products?limit=1')).status === 200;
      });
      await sleep(500);
      const landed = await Promise.all(flights.map((flight) => flight.land()));
      for (const { answers, unanswered } of landed) {
        expect(unanswered).toEqual([]);
        expectFairAnswers(answers);
      }
      console.log(
        `products served again ${Math.round(tookMs)} ms after kill -9; answers`,
        landed.map((flight) => flight.statuses()),
      );
      const written = landed[1]!.statuses()[201] ?? 0;
      expect(await rowsOf(stack(), tenant)).toBeGreaterThanOrEqual(written);
    }, 60_000);

    it('told to leave with 50 slow writes in hand answers all 50', async () => {
      const tenant = await createTenant(stack());
      const first = stack().pidOf('products');
      const answers = await slowWrites(stack(), tenant, 50, () => stack().kill('products', 'SIGTERM'));
      expect(answers.filter((answer) => answer instanceof Error)).toEqual([]);
      expect(countBy(answers as Answer[])).toEqual({ 201: 50 });
      expect(await rowsOf(stack(), tenant)).toBe(50);
      await until('products is back', 15_000, async () => {
        return stack().pidOf('products') !== first && (await tenant.admin.get('/v1/products')).status === 200;
      });
    }, 60_000);
  });

  describe('the gateway', () => {
    it('told to leave with requests in hand answers all of them', async () => {
      const tenant = await createTenant(stack());
      const first = stack().pidOf('gateway');
      const answers = await slowWrites(stack(), tenant, 50, () => stack().kill('gateway', 'SIGTERM'));
      expect(answers.filter((answer) => answer instanceof Error)).toEqual([]);
      expect(countBy(answers as Answer[])).toEqual({ 201: 50 });
      await until('the gateway is back', 15_000, async () => {
        return stack().pidOf('gateway') !== first && (await tenant.admin.get('/v1/products')).status === 200;
      });
    }, 60_000);
  });

  describe('PostgreSQL', () => {
    it.each(['SIGINT', 'SIGKILL'] as const)(
      'ended by %s and started again is served from within 10 s',
      async (signal) => {
        const tenant = await createTenant(stack());
        const services = ['gateway', 'auth', 'users', 'products', 'tenant-registry'];
        const pids = services.map((name) => stack().pidOf(name));
        const first = stack().pidOf('postgres');
        const flights = [
          new Flight(() => tenant.admin.post('/v1/products', anvil), 3),
          new Flight(() => tenant.admin.get('/v1/me'), 3),
        ];
        await sleep(500);
        stack().kill('postgres', signal);
        await until('PostgreSQL takes connections again', 30_000, async () => {
          if (stack().pidOf('postgres') === first) return false;
          await (await stack().openDatabase()).end();
          return true;
        });
        const tookMs = await until('everything is served', 10_000, async () => {
          const answers = await Promise.all([
            tenant.admin.get('/v1/products'),
            tenant.admin.get('/v1/users'),
            stack().operator.get('/v1/admin/tenants'),
            stack()
              .http.with({ 'x-tenant': tenant.slug })
              .post('/v1/auth/login', { email: tenant.email, password: tenant.password }),
          ]);
          return answers.every(({ status }) => status === 200);
        });
        const landed = await Promise.all(flights.map((flight) => flight.land()));
        for (const { answers, unanswered } of landed) {
          expect(unanswered).toEqual([]);
          expectFairAnswers(answers);
        }
        console.log(
          `served ${Math.round(tookMs)} ms after PostgreSQL came back from ${signal}`,
          landed.map((flight) => flight.statuses()),
        );
        expect(await rowsOf(stack(), tenant)).toBeGreaterThanOrEqual(landed[0]!.statuses()[201] ?? 0);
        expect(services.map((name) => stack().pidOf(name))).toEqual(pids);
        await createTenant(stack());
      },
      60_000,
    );
  });

  describe('the registry', () => {
    it('killed while tenants are being born brings every birth to its end', async () => {
      const wishes = Array.from({ length: 6 }, () => tenantWish());
      const first = stack().pidOf('tenant-registry');
      const answers = await Promise.all(wishes.map((wish) => stack().operator.post<Tenant>('/v1/admin/tenants', wish)));
      stack().kill('tenant-registry');
      expect(answers.map(({ status }) => status)).toEqual(wishes.map(() => 202));
      await until('the registry is back', 15_000, async () => {
        return (
          stack().pidOf('tenant-registry') !== first && (await stack().operator.get('/v1/admin/tenants')).status === 200
        );
      });
      const operations = await Promise.all(answers.map(({ headers }) => ended(stack(), headers.location!)));
      expect(operations.map(({ state }) => state)).toEqual(wishes.map(() => 'succeeded'));
      for (const { slug, admin } of wishes) await login(stack(), slug, admin.email, admin.password);
    }, 60_000);
  });
};
