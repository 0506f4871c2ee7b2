import type { Migration } from './migration.js';

/** All of a driver that migrating needs; `pg`'s client fits. */
export interface SqlClient {
  query(sql: string): Promise<{ rows: readonly Record<string, unknown>[] }>;
}

/** Any number that nothing else in these databases locks: the first bytes of "tenantry". */
const lockKey = 0x74656e61;

const ledger = `
  CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    applied_at timestamptz(3) NOT NULL DEFAULT now()
  )`;

/** The number of the last migration that the database has had. */
export async function versionOf(client: SqlClient): Promise<number> {
  const { rows } = await client.query('SELECT coalesce(max(version), 0) AS version FROM schema_migrations');
  return Number(rows[0]?.['version']);
}

async function apply(client: SqlClient, migration: Migration): Promise<void> {
  await client.query(migration.sql);
  // The name is ours: a constant of this library, checked by its tests to be plain.
  await client.query(
    `INSERT INTO schema_migrations (version, name) VALUES (${migration.version}, '${migration.name}')`,
  );
}

/**
 * Brings a database to the last of `migrations`: one transaction each, one runner at a time (advisory lock), nothing done twice.
 * Tables belong to the role the client has.
 *
 * @returns the version the database has now.
 */
export async function migrate(client: SqlClient, migrations: readonly Migration[]): Promise<number> {
  await client.query(`SELECT pg_advisory_lock(${lockKey})`);
  try {
    await client.query(ledger);
    for (const migration of migrations.slice(await versionOf(client))) {
      await client.query('BEGIN');
      try {
        await apply(client, migration);
        await client.query('COMMIT');
      } catch (error) {
        await client.query('ROLLBACK');
        throw error;
      }
    }
    return await versionOf(client);
  } finally {
    await client.query(`SELECT pg_advisory_unlock(${lockKey})`);
  }
}
