import { randomBytes } from 'node:crypto';
import { migrate } from '@tenantry/tenant-schema';
import { createClosedDatabase, testServers } from '@tenantry/testing';
import pg from 'pg';
import { migrations } from '../migrations/index.js';

/** A central database of auth's own for one test. */
export interface CentralDatabase {
  readonly url: string;
  query(sql: string): Promise<{ rows: Record<string, unknown>[] }>;
  drop(): Promise<void>;
}

async function within<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Made and migrated, without a key in it. */
export async function createCentralDatabase(): Promise<CentralDatabase> {
  const { postgresUrl } = testServers();
  const name = `auth_test_${randomBytes(6).toString('hex')}`;
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  await within(postgresUrl, (admin) => createClosedDatabase(admin, name));
  await within(url.href, (client) => migrate(client, migrations));
  return {
    url: url.href,
    query: (sql) => within(url.href, (client) => client.query<Record<string, unknown>>(sql)),
    drop: () =>
      within(postgresUrl, async (admin) => void (await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))),
  };
}
