import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrations } from '@tenantry/tenant-schema';
import pg from 'pg';
import { createClosedDatabase } from './closed-database.js';
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

    it('it grants nothing to others that they did not have', async () => {
      await as(acme, acme.database, 'GRANT SELECT ON products TO PUBLIC').catch(() => undefined);
      const { rows } = await acme.query(
        `SELECT 1 FROM information_schema.role_table_grants WHERE grantee = 'PUBLIC' AND table_name = 'products'`,
      );
      expect(rows).toEqual([]);
    });
  });

  it('knows its own migrations', async () => {
    const { rows } = await acme.query('SELECT version FROM schema_migrations');
    expect(rows).toEqual(migrations.map(({ version }) => ({ version })));
  });
});
