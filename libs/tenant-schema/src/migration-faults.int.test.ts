import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { catalogAfter } from './catalog/catalog-of-version.js';
import { differenceOf, readCatalog } from './catalog/catalog.js';
import { migrate } from './migrate.js';
import { bringTo } from './migrate-tenant.js';
import type { Migration } from './migration.js';
import type { SqlClient } from './sql-client.js';
import { indexing, migrationOf, plainOnes } from './test/fixtures.js';
import { createProvisioner, type Provisioner } from './test/provisioner.js';
import { type Session, terminate, untilGone, untilWaiting } from './test/sessions.js';
import { TenantAtOne, terms } from './test/tenant-at-one.js';

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

const patient = { ...terms, lockTimeoutMs: 60_000 };
/** Stops in its middle until the observer unlocks 1. */
const stopping = migrationOf(3, 'CREATE TABLE half (); SELECT pg_advisory_xact_lock(1);');
const wanted = [...plainOnes(2), stopping, migrationOf(4)];

/** Has the server end the session before its n-th message. */
const endedBefore = (session: Session, n: number): SqlClient => {
  let sent = 0;
  return {
    query: async (sql) => {
      if (++sent === n) await terminate(tenant.observer, session);
      return session.client.query(sql);
    },
  };
};

/** Another one finishes it, and the database is as one that was born so. */
const finish = async (migrations: readonly Migration[], born = catalogAfter(cluster, migrations)): Promise<void> => {
  const { client } = await tenant.runner();
  expect(await bringTo(client, migrations, terms)).toMatchObject({ to: migrations.length });
  expect(await tenant.done()).toEqual(migrations.map(({ version }) => version));
  expect(differenceOf(await born, await readCatalog(client))).toEqual([]);
};

/** What is written down; of a migration without a transaction more may be done. */
const versionThere = async (): Promise<number> => {
  const { rows } = await tenant.observer.client.query<{ version: number }>(
    'SELECT max(version) AS version FROM schema_migrations',
  );
  return rows[0]!.version;
};

describe('a runner whose session is ended', () => {
  it('between any two of its messages leaves a whole version, and another one finishes', async () => {
    const migrations = [...plainOnes(2), indexing(3), migrationOf(4)];
    const born = catalogAfter(cluster, migrations);
    const seen = new Set<number>();
    for (let n = 1; ; n++) {
      const runner = await tenant.runner();
      const isEnded = await bringTo(endedBefore(runner, n), migrations, terms).then(
        () => false,
        () => true,
      );
      seen.add(await versionThere());
      await finish(migrations, born);
      if (!isEnded) break;
      await tenant.leave();
      tenant = await TenantAtOne.make(cluster);
    }
    expect([...seen]).toEqual([1, 2, 3, 4]);
  });

  it('in the middle of a migration leaves nothing of it, and another one finishes', async () => {
    const { observer } = tenant;
    await observer.client.query('SELECT pg_advisory_lock(1)');
    const runner = await tenant.runner();
    const ended = expect(bringTo(runner.client, wanted, patient)).rejects.toMatchObject({
      version: 3,
      migration: 'number-3',
      sqlState: '57P01',
    });
    await untilWaiting(observer, runner);
    await terminate(observer, runner);
    await ended;
    expect(await tenant.done()).toEqual([1, 2]);
    await observer.client.query('SELECT pg_advisory_unlock(1)');
    await finish(wanted);
  });

  it('in the middle of an index leaves one that is invalid, and another one builds it anew', async () => {
    const { observer } = tenant;
    const migrations = [...plainOnes(2), indexing(3)];
    const [busy, runner] = [await tenant.service(), await tenant.runner()];
    await busy.client.query(`BEGIN; INSERT INTO things VALUES (1, 'anvil')`);
    const ended = expect(bringTo(runner.client, migrations, patient)).rejects.toMatchObject({ sqlState: '57P01' });
    await untilWaiting(observer, runner);
    await terminate(observer, runner);
    await ended;
    await busy.client.query('COMMIT');
    expect((await readCatalog(observer.client)).filter((line) => line.includes('things_3'))).toEqual([
      'index public.things_3 CREATE INDEX things_3 ON public.things USING btree (name) invalid',
    ]);
    expect(await tenant.done()).toEqual([1, 2]);
    await finish(migrations);
  });
});

describe('a runner that is gone without a word', () => {
  it('lets go of the database in the middle of a statement', async () => {
    const { observer } = tenant;
    await observer.client.query('SELECT pg_advisory_lock(1)');
    const runner = await tenant.runner();
    const failed = expect(bringTo(runner.client, wanted, patient)).rejects.toMatchObject({
      version: 3,
      sqlState: undefined,
    });
    await untilWaiting(observer, runner);
    // As the kernel does for a process that was killed.
    (runner.client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    await failed;
    await untilGone(observer, runner);
    await observer.client.query('SELECT pg_advisory_unlock(1)');
    await finish(wanted);
  });
});

describe('a central database', () => {
  it('has migrations without a transaction too, and two that migrate it do each once', async () => {
    const migrations = [...plainOnes(2), indexing(3), migrationOf(4)];
    const runners = await Promise.all([tenant.superuser(), tenant.superuser()]);
    const versions = await Promise.all(runners.map(({ client }) => migrate(client, migrations)));
    expect(versions).toEqual([4, 4]);
    expect(await tenant.done()).toEqual([1, 2, 3, 4]);
  });
});
