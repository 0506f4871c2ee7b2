import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrations } from '@tenantry/tenant-schema';
import pg from 'pg';
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

  it.each(['postgres', 'template1'])('lets its role into no database named %s', async (database) => {
    await expect(as(acme, database, 'SELECT 1')).rejects.toThrow(/permission denied/);
  });

  it("lets no other tenant's role in", async () => {
    await expect(as(globex, acme.database, 'SELECT 1')).rejects.toThrow(/permission denied/);
  });

  it('lets its role change no tables and not the record of migrations', async () => {
    await expect(as(acme, acme.database, 'CREATE TABLE mine (id int)')).rejects.toThrow(/permission denied/);
    await expect(as(acme, acme.database, 'ALTER TABLE products ADD x int')).rejects.toThrow(/must be owner/);
    await expect(as(acme, acme.database, 'DELETE FROM schema_migrations')).rejects.toThrow(/permission denied/);
    await expect(as(acme, acme.database, 'CREATE TEMP TABLE mine (id int)')).rejects.toThrow(/permission denied/);
  });

  it('knows its own migrations', async () => {
    const { rows } = await acme.query('SELECT version FROM schema_migrations');
    expect(rows).toEqual(migrations.map(({ version }) => ({ version })));
  });
});
