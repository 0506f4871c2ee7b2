import { setTimeout as sleep } from 'node:timers/promises';
import { apply } from './apply.js';
import type { Migration } from './migration.js';
import type { SqlClient } from './sql-client.js';

/** Any number that nothing else in these databases locks: the first bytes of "tenantry". */
const lockKey = 0x74656e61;
const turnPollMs = 100;

export const takeTurn = `pg_try_advisory_lock(${lockKey})`;
export const leaveTurn = `SELECT pg_advisory_unlock(${lockKey});`;

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

/**
 * Asks for something until it is there, and never in one long statement: `CREATE INDEX CONCURRENTLY` of who has the turn would wait for a
 * session that waits for the turn in a statement of its own, since that has a snapshot (https://github.com/flyway/flyway/issues/1654).
 *
 * @returns undefined when it was not there after `withinMs`.
 */
export async function askUntil<Result>(
  ask: () => Promise<Result | undefined>,
  withinMs: number,
): Promise<Result | undefined> {
  const late = performance.now() + withinMs;
  for (;;) {
    const result = await ask();
    if (result !== undefined || performance.now() >= late) return result;
    await sleep(turnPollMs);
  }
}

/**
 * Brings a database to the last of `migrations`: one transaction each unless it cannot, one runner at a time (advisory lock), nothing done
 * twice. Tables belong to the role the client has.
 *
 * @returns the version the database has now.
 * @throws MigrationFailed
 */
export async function migrate(client: SqlClient, migrations: readonly Migration[]): Promise<number> {
  await askUntil(async () => {
    const { rows } = await client.query(`SELECT ${takeTurn} AS held`);
    return rows[0]?.['held'] === true || undefined;
  }, Infinity);
  try {
    await client.query(ledger);
    for (const migration of migrations.slice(await versionOf(client))) await apply(client, migration);
    return await versionOf(client);
  } finally {
    await client.query(leaveTurn);
  }
}
