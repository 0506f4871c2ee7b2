import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLog } from '@tenantry/service-kit';
import { schemaVersion } from '@tenantry/tenant-schema';
import { createTenantDatabase, setBack, type TenantDatabase, testServers, until, within } from '@tenantry/testing';
import pg from 'pg';
import { Provisioner } from '../provisioning/provisioner.js';
import type { Claim } from './migration-claims.js';
import { SchemaCatalogs } from './schema-catalogs.js';
import { TenantMigration } from './tenant-migration.js';

const provisioner = `provisioner_${randomBytes(6).toString('hex')}`;
const password = randomBytes(32).toString('base64url');
const log = createLog({ service: 'tenant-registry', instance: 'test', level: 'silent' });

const open = async (database: string, role?: string, secret?: string): Promise<pg.Client> => {
  const url = new URL(testServers().postgresUrl);
  url.pathname = `/${database}`;
  if (role && secret) [url.username, url.password] = [role, secret];
  const client = new pg.Client({ connectionString: url.href });
  client.on('error', () => undefined);
  await client.connect();
  return client;
};

let superuser: pg.Client;
let access: Provisioner;
let tenant: TenantDatabase;

beforeAll(async () => {
  superuser = await open('postgres');
  await (await createTenantDatabase()).drop();
  // As the stack's bootstrap makes it: no superuser.
  await superuser.query(`CREATE ROLE ${provisioner} LOGIN CREATEDB CREATEROLE PASSWORD '${password}'`);
  await superuser.query(`GRANT CONNECT ON DATABASE postgres TO ${provisioner}`);
  await superuser.query(`GRANT tenant_owner, tenant_member TO ${provisioner} WITH ADMIN TRUE`);
  const url = new URL(testServers().postgresUrl);
  [url.username, url.password, url.pathname] = [provisioner, password, '/postgres'];
  access = new Provisioner(url.href, log);
  await access.prepare();
});
beforeEach(async () => {
  await tenant?.drop();
  tenant = await createTenantDatabase();
  const database = await open(tenant.database);
  await setBack(database).finally(() => database.end());
});
afterAll(async () => {
  await tenant.drop();
  await access.close();
  await superuser.query(`REVOKE CONNECT ON DATABASE postgres FROM ${provisioner}`);
  await superuser.query(`DROP OWNED BY ${provisioner}; DROP ROLE ${provisioner}`);
  await superuser.end();
});

const claim = (): Claim => ({
  runId: 'of-this-test',
  tenantId: tenant.tenantId,
  target: schemaVersion,
  check: false,
  database: tenant.database,
  clusterId: 'main',
  state: 'active',
  schemaVersion: schemaVersion - 1,
});
const migration = (seconds = 60): TenantMigration => {
  const found = () => Promise.resolve(access);
  const clusters = { open: found, openAgain: found };
  return new TenantMigration(clusters, new SchemaCatalogs(clusters), { MIGRATION_STATEMENT_SECONDS: seconds }, log);
};
const asTenant = (): Promise<pg.Client> => open(tenant.database, tenant.role, tenant.password);
/** Sessions of the provisioner's in the tenant's database. */
const sessions = async (): Promise<number> => {
  const { rows } = await superuser.query<{ count: number }>(
    'SELECT count(*)::int FROM pg_stat_activity WHERE datname = $1 AND usename = $2',
    [tenant.database, provisioner],
  );
  return rows[0]!.count;
};
const inTheDatabase = async (sql: string) => (await tenant.query(sql)).rows[0];

describe('the migration of a tenant', () => {
  it('that its database refuses is undone whole, and says which it was and why', async () => {
    await tenant.query('CREATE FUNCTION forget_audit_events(integer) RETURNS void LANGUAGE sql AS $$ SELECT $$');
    expect(await migration().migrate(claim())).toEqual({
      state: 'failed',
      from: null,
      to: schemaVersion - 1,
      fingerprint: null,
      difference: [],
      error: 'migration 11 (audit-is-kept) failed: 42723',
    });
    expect(
      await inTheDatabase(`SELECT has_table_privilege('tenant_member', 'audit_events', 'DELETE') AS may,
        (SELECT max(version) FROM schema_migrations) AS version,
        (SELECT count(*)::int FROM pg_locks l JOIN pg_database d ON d.oid = l.database
         WHERE locktype = 'advisory' AND datname = current_database()) AS turns`),
    ).toEqual({ may: true, version: schemaVersion - 1, turns: 0 });
  });

  it('of whose tables one is kept from who compares them is known to be done all the same', async () => {
    const holder = await asTenant();
    await holder.query('BEGIN; LOCK TABLE products IN ACCESS EXCLUSIVE MODE');
    const outcome = await migration().migrate(claim());
    await holder.end();
    expect(outcome).toMatchObject({ state: 'failed', from: schemaVersion - 1, to: schemaVersion, fingerprint: null });
    expect(outcome.error).toBe(
      `it is at version ${schemaVersion}, and its tables could not be compared with those of that version (55P03)`,
    );
  }, 30_000);

  it('that takes too long is ended by the server, says so, and leaves nothing there', async () => {
    const holder = await asTenant();
    await holder.query('BEGIN; LOCK TABLE audit_events IN ACCESS EXCLUSIVE MODE');
    const outcome = await within(10_000, migration(1).migrate(claim()));
    await holder.end();
    expect(outcome).toMatchObject({ state: 'failed', error: 'migration 11 (audit-is-kept) failed: 57014' });
    await until('its session has ended', 5000, async () => (await sessions()) === 0);
  }, 30_000);

  it('whose server restarts is done when it is back', async () => {
    const holder = await asTenant();
    await holder.query('BEGIN; LOCK TABLE audit_events IN ACCESS EXCLUSIVE MODE');
    const migrated = migration().migrate(claim());
    await until('it waits', 10_000, async () => {
      const { rows } = await superuser.query(
        `SELECT FROM pg_stat_activity WHERE datname = $1 AND usename = $2 AND wait_event_type = 'Lock'`,
        [tenant.database, provisioner],
      );
      return rows.length > 0;
    });
    await superuser.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, [
      tenant.database,
    ]);
    expect(await migrated).toMatchObject({ state: 'succeeded', to: schemaVersion, difference: [] });
  }, 30_000);

  it('is not kept from by another process that stands still in the middle of its own', async () => {
    const standing = await access.enter(tenant.database, 60_000);
    await standing.query('SELECT pg_advisory_lock(x) FROM (VALUES (1952804449)) AS v (x)');
    await superuser.query('SELECT pg_sleep(1)');
    expect(await migration().migrate(claim())).toMatchObject({ state: 'succeeded' });
    await standing.end();
  }, 30_000);

  it('does what it does whatever the tenant has set for its own role', async () => {
    const own = await asTenant();
    for (const setting of ["search_path = 'pg_temp'", 'default_transaction_read_only = on', "role = 'tenant_owner'"])
      await own.query(`ALTER ROLE ${tenant.role} SET ${setting}`);
    await own.query('SET ROLE tenant_member');
    await own.query("ALTER ROLE tenant_member SET search_path = 'pg_temp'");
    await own.end();
    expect(await migration().migrate(claim())).toMatchObject({ state: 'succeeded', difference: [] });
    await superuser.query('ALTER ROLE tenant_member RESET search_path');
  });

  it('shows of a long line no more than fits', async () => {
    await tenant.query(`CREATE FUNCTION by_hand() RETURNS void LANGUAGE sql AS $$ SELECT -- ${'😀'.repeat(4000)}\n $$`);
    const { difference } = await migration().migrate(claim());
    expect(difference.map((line) => line.length <= 400 && line.isWellFormed())).toEqual(difference.map(() => true));
    expect(difference).toContainEqual(expect.stringMatching(/^\+ function public.by_hand\(\)/));
  });
});
