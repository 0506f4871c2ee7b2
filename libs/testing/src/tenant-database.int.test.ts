import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrate, migrations, schemaVersion } from '@tenantry/tenant-schema';
import pg from 'pg';
import { createClosedDatabase } from './closed-database.js';
import { testServers } from './servers.js';
import { createTenantDatabase, type TenantDatabase } from './tenant-database.js';

describe('a tenant database', () => {
  let acme: TenantDatabase;
  let globex: TenantDatabase;

  const as = async (tenant: TenantDatabase, database: string, sql: string): Promise<unknown> => {
    const { host, port, role, password } = tenant;
    const client = new pg.Client({ host, port, user: role, password, database });
    try {
      await client.connect();
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  };

  beforeAll(async () => {
    [acme, globex] = await Promise.all([createTenantDatabase(), createTenantDatabase()]);
  });
  afterAll(() => Promise.all([acme.drop(), globex.drop()]));

  it('has the current schema and the built-in roles', async () => {
    const { rows } = await acme.query('SELECT name FROM roles ORDER BY name');
    expect(rows.map(({ name }) => name)).toEqual(['admin', 'manager', 'member', 'viewer']);
  });

  it('lets its own role read and write rows', async () => {
    await as(acme, acme.database, `INSERT INTO products (name, price) VALUES ('anvil', '12.50')`);
    expect(await as(acme, acme.database, 'SELECT name, price FROM products')).toEqual([
      { name: 'anvil', price: '12.50' },
    ]);
  });

  describe("its role's limits", () => {
    const others = ['registry', 'auth'];
    let template: string;

    beforeAll(async () => {
      const { rows } = await acme.query(`SELECT datname FROM pg_database WHERE datname LIKE 'tenantry_template_%'`);
      template = String(rows[0]!['datname']);
      // As the stack's bootstrap makes the platform's own databases.
      for (const name of others) {
        const { rowCount } = (await acme.query(`SELECT 1 FROM pg_database WHERE datname = '${name}'`)) as {
          rowCount?: number;
        };
        if (!rowCount) await createClosedDatabase(acme, name);
      }
    });

    it('it looks for tables in one place, whoever else could make some', async () => {
      expect(await as(acme, acme.database, 'SHOW search_path')).toEqual([{ search_path: 'public' }]);
    });

    it.each(['registry', 'auth', 'postgres', 'template1', 'template0', 'the template', "another tenant's"])(
      'it cannot connect to %s',
      async (name) => {
        const database = { 'the template': template, "another tenant's": globex.database }[name] ?? name;
        await expect(as(acme, database, 'SELECT 1')).rejects.toThrow(/permission denied|not currently accepting/);
      },
    );

    it.each([
      ['make tables', 'CREATE TABLE mine (id int)'],
      ['make temporary tables', 'CREATE TEMP TABLE mine (id int)'],
      ['make functions', `CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'`],
      ['make schemas', 'CREATE SCHEMA mine'],
      ['make extensions', 'CREATE EXTENSION pg_trgm'],
      ['make types', 'CREATE TYPE mine AS ENUM ()'],
      ['make databases', 'CREATE DATABASE mine'],
      ['make roles', 'CREATE ROLE mine'],
      ['change tables', 'ALTER TABLE products ADD x int'],
      ['drop tables', 'DROP TABLE products'],
      ['empty tables by force', 'TRUNCATE products'],
      ['change the audit', `UPDATE audit_events SET actor = 'user:somebody-else'`],
      ['remove from the audit', 'DELETE FROM audit_events'],
      ['empty the audit', 'TRUNCATE audit_events'],
      ['change how the audit is pruned', 'DROP FUNCTION forget_audit_events'],
      ['act as the owner', 'SET ROLE tenant_owner'],
      ['act as another tenant', 'SET ROLE "%other"'],
      ['change the record of migrations', 'DELETE FROM schema_migrations'],
      ['read files', `COPY products (name) FROM '/etc/passwd'`],
      ['run programs', `COPY products (name) FROM PROGRAM 'id'`],
      ['see password verifiers', 'SELECT * FROM pg_authid'],
      [
        'end sessions of others',
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()',
      ],
    ])('it cannot %s', async (_, sql) => {
      await expect(as(acme, acme.database, sql.replace('%other', globex.role))).rejects.toThrow(
        /permission denied|must be owner|must be superuser|is not supported/,
      );
    });

    it('it adds to the audit, and has removed what is old: never anything of the last day', async () => {
      const add = (daysAgo: number) =>
        `INSERT INTO audit_events (id, action, actor) VALUES (uuidv7(interval '-${daysAgo} days'), 'users.created', 'anonymous')`;
      for (const daysAgo of [400, 20, 2, 0]) await as(acme, acme.database, add(daysAgo));
      const left = async (keptDays: number) => {
        await as(acme, acme.database, `SELECT forget_audit_events(${keptDays})`);
        return (await acme.query('SELECT 1 FROM audit_events')).rows.length;
      };
      expect([await left(365), await left(10), await left(0), await left(-400)]).toEqual([3, 2, 1, 1]);
    });

    it('it makes the function that prunes the audit run nothing of its own', async () => {
      await as(acme, acme.database, 'SET search_path = pg_temp, public; SELECT forget_audit_events(1)');
      const { rows } = await acme.query(
        `SELECT proconfig, pg_get_userbyid(proowner) AS owner FROM pg_proc WHERE proname = 'forget_audit_events'`,
      );
      expect(rows).toEqual([{ proconfig: ['search_path=pg_catalog, pg_temp'], owner: 'tenant_owner' }]);
    });

    it('it grants nothing to others that they did not have', async () => {
      await as(acme, acme.database, 'GRANT SELECT ON products TO PUBLIC').catch(() => undefined);
      const { rows } = await acme.query(
        `SELECT 1 FROM information_schema.role_table_grants WHERE grantee = 'PUBLIC' AND table_name = 'products'`,
      );
      expect(rows).toEqual([]);
    });
  });

  it('that was born before gets what the newest one has', async () => {
    const old = await createTenantDatabase();
    const { hostname, port, username, password } = new URL(testServers().postgresUrl);
    const client = new pg.Client({
      host: hostname,
      port: Number(port),
      user: username,
      password,
      database: old.database,
    });
    await client.connect();
    try {
      // What version 9 was.
      await client.query(`SET ROLE tenant_owner;
        DROP FUNCTION forget_audit_events; DROP INDEX outbox_service; GRANT UPDATE, DELETE ON audit_events TO tenant_member;
        DELETE FROM schema_migrations WHERE version > 9`);
      await as(old, old.database, `INSERT INTO audit_events (action, actor) VALUES ('users.created', 'anonymous')`);
      await as(old, old.database, `UPDATE audit_events SET actor = 'user:x'`);
      expect(await migrate(client, migrations)).toBe(schemaVersion);
      await expect(as(old, old.database, `UPDATE audit_events SET actor = 'user:y'`)).rejects.toThrow(
        /permission denied/,
      );
      await as(old, old.database, 'SELECT forget_audit_events(1)');
      expect(await as(old, old.database, 'SELECT actor FROM audit_events')).toEqual([{ actor: 'user:x' }]);
    } finally {
      await client.end();
      await old.drop();
    }
  });

  it('knows its own migrations', async () => {
    const { rows } = await acme.query('SELECT version FROM schema_migrations');
    expect(rows).toEqual(migrations.map(({ version }) => ({ version })));
  });
});
