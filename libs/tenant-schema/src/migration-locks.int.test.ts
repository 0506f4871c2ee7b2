import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { within } from '@tenantry/testing';
import { bringTo } from './migrate-tenant.js';
import { MigrationFailed, MigrationUnderWay } from './migration-errors.js';
import type { SqlClient } from './sql-client.js';
import { indexing, migrationOf, plainOnes, widening } from './test/fixtures.js';
import { createProvisioner, type Provisioner } from './test/provisioner.js';
import { remembering, untilWaiting } from './test/sessions.js';
import { TenantAtOne, terms } from './test/tenant-at-one.js';

/** Long enough for all that has a limit of its own. */
const boundMs = 15_000;

let cluster: Provisioner;
let tenant: TenantAtOne;

beforeAll(async () => {
  cluster = await createProvisioner();
});
afterAll(() => cluster.leave());
beforeEach(async () => {
  tenant = await TenantAtOne.make(cluster);
});
afterEach(() => tenant.leave());

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );
const wide = [...plainOnes(1), widening(2)];
const indexed = [...plainOnes(1), indexing(2)];

describe('a tenant that is in the middle of something', () => {
  it('makes a migration fail within its bound, by name, and has its other statements answered meanwhile', async () => {
    const [busy, other, runner] = [await tenant.service(), await tenant.service(), await tenant.runner()];
    await busy.client.query('BEGIN; SELECT * FROM things');
    const failing = failureOf(bringTo(runner.client, wide, terms));
    await untilWaiting(tenant.observer, runner);
    // It stands behind the one that waits.
    await within(boundMs, other.client.query('SELECT * FROM things'));
    const failure = await within(boundMs, failing);
    expect(failure).toBeInstanceOf(MigrationFailed);
    expect(failure).toMatchObject({ version: 2, migration: 'number-2', sqlState: '55P03' });
    expect(await tenant.done()).toEqual([1]);
    await busy.client.query('COMMIT');
    expect(await bringTo(runner.client, wide, terms)).toEqual({ from: 1, to: 2 });
  });

  it('is asked again, and migrated once it is done', async () => {
    const [busy, { client }] = [await tenant.service(), await tenant.runner()];
    await busy.client.query('BEGIN; SELECT * FROM things');
    const watched: SqlClient = {
      query: async (sql) => {
        if (sql === 'ROLLBACK') await busy.client.query('COMMIT');
        return client.query(sql);
      },
    };
    expect(await bringTo(watched, wide, terms)).toEqual({ from: 1, to: 2 });
    expect(await tenant.done()).toEqual([1, 2]);
  });

  it('is migrated after a deadlock with it that ended the migration', async () => {
    const [busy, runner, { client: gate }] = [await tenant.superuser(), await tenant.runner(), tenant.observer];
    const both = 'LOCK TABLE things; SELECT pg_advisory_xact_lock(1); ALTER TABLE done ADD at timestamptz;';
    const { client, refused } = remembering(runner);
    await gate.query('SELECT pg_advisory_lock(1)');
    // The server ends whoever looks first: not this one.
    await busy.client.query("SET deadlock_timeout = '60s'; BEGIN; SELECT * FROM done");
    const done = bringTo(client, [...plainOnes(1), migrationOf(2, both)], { ...terms, lockTimeoutMs: 20_000 });
    await untilWaiting(tenant.observer, runner);
    const reading = busy.client.query('SELECT * FROM things');
    await untilWaiting(tenant.observer, busy);
    await gate.query('SELECT pg_advisory_unlock(1)');
    await within(boundMs, reading);
    await busy.client.query('COMMIT');
    expect(await within(boundMs, done)).toEqual({ from: 1, to: 2 });
    expect(refused).toEqual(['40P01']);
  });

  it('is waited for by what is built concurrently, longer than for a lock, since that keeps nobody waiting', async () => {
    const [busy, other, runner] = [await tenant.service(), await tenant.service(), await tenant.runner()];
    await busy.client.query(`BEGIN; INSERT INTO things VALUES (1, 'anvil')`);
    const { client, refused } = remembering(runner);
    const done = bringTo(client, indexed, terms);
    await untilWaiting(tenant.observer, runner, 3 * terms.lockTimeoutMs);
    await within(boundMs, other.client.query(`INSERT INTO things VALUES (2, 'rope')`));
    await busy.client.query('COMMIT');
    expect(await within(boundMs, done)).toEqual({ from: 1, to: 2 });
    expect(refused).toEqual([]);
  });
});

describe('of several that migrate one database', () => {
  it('each migration is done by one of them, once', async () => {
    const wanted = plainOnes(6);
    const runners = await Promise.all(Array.from({ length: 5 }, () => tenant.runner()));
    const changes = await Promise.all(runners.map(({ client }) => bringTo(client, wanted, terms)));
    expect(changes.filter(({ from }) => from === 1)).toEqual([{ from: 1, to: 6 }]);
    expect(changes.filter(({ from }) => from === 6)).toHaveLength(4);
    expect(await tenant.done()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('one gives up that has waited for its turn for long enough, and has its turn later', async () => {
    const [busy, first, second] = [await tenant.service(), await tenant.runner(), await tenant.runner()];
    await busy.client.query('BEGIN; SELECT * FROM things');
    const done = bringTo(first.client, wide, { ...terms, lockTimeoutMs: 60_000 });
    await untilWaiting(tenant.observer, first);
    const late = await within(boundMs, failureOf(bringTo(second.client, wide, terms, 200)));
    expect(late).toBeInstanceOf(MigrationUnderWay);
    await busy.client.query('COMMIT');
    expect(await done).toEqual({ from: 1, to: 2 });
    expect(await bringTo(second.client, wide, terms)).toEqual({ from: 2, to: 2 });
  });

  it('one that waits for its turn is not in the way of what the other one builds concurrently', async () => {
    const [busy, first, second] = [await tenant.service(), await tenant.runner(), await tenant.runner()];
    await busy.client.query(`BEGIN; INSERT INTO things VALUES (1, 'anvil')`);
    const { client, refused } = remembering(first);
    const done = bringTo(client, indexed, terms);
    await untilWaiting(tenant.observer, first);
    const [asked, waiting] = [Promise.withResolvers<void>(), { count: 0 }];
    const counted: SqlClient = {
      query: async (sql) => {
        // The second time it has been told that it is not its turn.
        if (++waiting.count === 2) asked.resolve();
        return second.client.query(sql);
      },
    };
    const after = bringTo(counted, indexed, terms);
    await Promise.race([asked.promise, untilWaiting(tenant.observer, second)]);
    await busy.client.query('COMMIT');
    expect(await within(boundMs, done)).toEqual({ from: 1, to: 2 });
    expect(await within(boundMs, after)).toEqual({ from: 2, to: 2 });
    expect(refused).toEqual([]);
  });
});
