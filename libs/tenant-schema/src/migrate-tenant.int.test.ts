import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { catalogAfter } from './catalog/catalog-of-version.js';
import { differenceOf, readCatalog } from './catalog/catalog.js';
import { bringTo, migrateTenant } from './migrate-tenant.js';
import { MigrationFailed } from './migration-errors.js';
import { schemaVersion } from './migrations/index.js';
import type { SqlClient } from './sql-client.js';
import { indexing, migrationOf, plainOnes, widening } from './test/fixtures.js';
import { createProvisioner, type Provisioner } from './test/provisioner.js';
import { TenantAtOne, terms } from './test/tenant-at-one.js';

let cluster: Provisioner;
let tenant: TenantAtOne;
let client: pg.Client;

beforeAll(async () => {
  cluster = await createProvisioner();
});
afterAll(() => cluster.leave());
beforeEach(async () => {
  tenant = await TenantAtOne.make(cluster);
  ({ client } = await tenant.runner());
});
afterEach(() => tenant.leave());

describe("a tenant's database", () => {
  it('is brought to a version, one migration after another, and then left alone', async () => {
    expect(await bringTo(client, plainOnes(4), terms)).toEqual({ from: 1, to: 4 });
    expect(await bringTo(client, plainOnes(4), terms)).toEqual({ from: 4, to: 4 });
    expect(await tenant.done()).toEqual([1, 2, 3, 4]);
  });

  it('is left as it is where it is further already', async () => {
    await bringTo(client, plainOnes(4), terms);
    expect(await bringTo(client, plainOnes(2), terms)).toEqual({ from: 4, to: 4 });
    expect(await tenant.done()).toEqual([1, 2, 3, 4]);
  });

  it('gets new tables with the owner and the grants of one that was born with them', async () => {
    const wanted = [
      ...plainOnes(1),
      migrationOf(2, 'CREATE TABLE more (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz DEFAULT now());'),
    ];
    await bringTo(client, wanted, terms);
    const catalog = await readCatalog(client);
    expect(differenceOf(await catalogAfter(cluster, wanted), catalog)).toEqual([]);
    expect(catalog).toEqual(
      expect.arrayContaining([
        'table public.more owner tenant_owner',
        'grant DELETE on table public.more to tenant_member',
        'grant USAGE on sequence public.more_id_seq to tenant_member',
      ]),
    );
  });

  it('is migrated in one round trip and one for each migration', async () => {
    const sent: string[] = [];
    const counting: SqlClient = { query: (sql) => (sent.push(sql), client.query(sql)) };
    await bringTo(counting, plainOnes(4), terms);
    expect(sent).toHaveLength(4);
    await bringTo(counting, plainOnes(4), terms);
    expect(sent).toHaveLength(5);
  });

  it('keeps its version where a migration fails, which is told by number, name and code, and nothing of its rows', async () => {
    const broken = migrationOf(3, `SELECT 'anvil of mallory'::integer;`);
    const failure: unknown = await bringTo(client, [...plainOnes(2), broken], terms).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MigrationFailed);
    expect(failure).toMatchObject({
      version: 3,
      migration: 'number-3',
      sqlState: '22P02',
      message: 'migration 3 (number-3) failed: 22P02',
      cause: { message: expect.stringContaining('anvil of mallory') },
    });
    expect(await tenant.done()).toEqual([1, 2]);
  });

  it('has nothing of a migration that cannot be written down', async () => {
    const twice = migrationOf(3, `INSERT INTO schema_migrations (version, name) VALUES (3, 'another');`);
    await expect(bringTo(client, [...plainOnes(2), twice], terms)).rejects.toMatchObject({ sqlState: '23505' });
    expect(await tenant.done()).toEqual([1, 2]);
  });

  it('has only versions that there are', () => {
    for (const target of [0, -1, 1.5, NaN, schemaVersion + 1])
      expect(() => migrateTenant(client, { target })).toThrow(RangeError);
  });
});

describe('a session that has migrated', () => {
  const left = async () => {
    const { rows } = await client.query(`
      SELECT current_user AS "user", current_setting('search_path') AS path, current_setting('lock_timeout') AS lock,
        current_setting('statement_timeout') AS statement, current_setting('client_connection_check_interval') AS checks,
        (SELECT count(*)::int FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory') AS locks`);
    return rows[0] as unknown;
  };

  const broken = (outside: boolean) => ({
    ...migrationOf(3, 'SELECT 1 / 0;'),
    ...(outside ? { outsideTransaction: true as const } : {}),
  });
  it.each([
    ['done', plainOnes(3)],
    ['done without a transaction', [...plainOnes(2), indexing(3)]],
    ['failed', [...plainOnes(2), broken(false)]],
    ['failed without a transaction', [...plainOnes(2), broken(true)]],
    ['failed before the last one', [...plainOnes(2), broken(false), migrationOf(4)]],
    ['not been understood', [...plainOnes(2), migrationOf(3, 'NO SUCH STATEMENT;')]],
    ['nothing to do', plainOnes(1)],
  ])('is as it was before: it has %s', async (_, wanted) => {
    const before = await left();
    await bringTo(client, wanted, terms).catch(() => undefined);
    expect(await left()).toEqual(before);
  });
});

describe("a tenant's own role", () => {
  const attempts = [
    `INSERT INTO schema_migrations (version, name) VALUES (99, 'mine')`,
    'UPDATE schema_migrations SET version = version + 1',
    'DELETE FROM schema_migrations',
    'TRUNCATE schema_migrations',
    'ALTER TABLE schema_migrations ADD mine text',
    'DROP TABLE schema_migrations',
    'CREATE TRIGGER mine BEFORE INSERT ON schema_migrations FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
    'SELECT 1; LOCK TABLE schema_migrations',
  ];

  it('changes nothing of what is written down, neither before nor after', async () => {
    const { client: service } = await tenant.service();
    const refused = async () => {
      for (const sql of attempts) await expect(service.query(sql)).rejects.toThrow(/permission denied|must be owner/);
    };
    await refused();
    await bringTo(client, [...plainOnes(1), widening(2)], terms);
    await refused();
    const { rows } = await service.query('SELECT version FROM schema_migrations');
    expect(rows).toEqual([{ version: 1 }, { version: 2 }]);
  });
});
