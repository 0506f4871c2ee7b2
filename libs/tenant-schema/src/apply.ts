import { setTimeout as sleep } from 'node:timers/promises';
import { MigrationFailed, sqlStateOf } from './migration-errors.js';
import { type Migration, statementsOf } from './migration.js';
import type { SqlClient } from './sql-client.js';

/** As whom migrations run, and how long a statement may wait for a lock, and take. */
export interface Terms {
  readonly role: string;
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
}

/** A lock that was not to be had in time, and a deadlock: they pass. */
const passing: ReadonlySet<unknown> = new Set(['55P03', '40P01']);
const attempts = 5;
const firstPauseMs = 100;
/** How soon a server finds that the process it works for is gone, in the middle of a statement or of waiting for a lock. */
const connectionCheckMs = 1000;

// The name is ours: a constant of this house, checked by tests to be plain.
const ledgerRow = ({ version, name }: Migration): string =>
  `INSERT INTO schema_migrations (version, name) VALUES (${version}, '${name}');`;

const settings = (scope: 'LOCAL' | 'SESSION', { role, lockTimeoutMs, statementTimeoutMs }: Terms): string => `
  SET ${scope} ROLE ${role};
  SET ${scope} search_path = public;
  SET ${scope} lock_timeout = ${lockTimeoutMs};
  SET ${scope} statement_timeout = ${statementTimeoutMs};
  SET ${scope} client_connection_check_interval = ${connectionCheckMs};`;
const reset = `
  RESET ROLE; RESET search_path; RESET lock_timeout; RESET statement_timeout; RESET client_connection_check_interval;`;

/**
 * One message from BEGIN to COMMIT: a runner that stands still, or is far away, never has a tenant's locks while the server waits for its
 * next word.
 */
async function applyAtOnce(
  client: SqlClient,
  migration: Migration,
  terms: Terms | undefined,
  last: string,
): Promise<void> {
  const parts = [
    'BEGIN;',
    terms ? settings('LOCAL', terms) : '',
    migration.sql,
    ';',
    ledgerRow(migration),
    'COMMIT;',
    last,
  ];
  try {
    await client.query(parts.join('\n'));
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** What is built concurrently keeps nobody waiting while it waits for transactions to end: only the whole statement has its limit. */
const waitsAlone = (statement: string): boolean => /\bCONCURRENTLY\b/i.test(statement);

async function applyByStatement(
  client: SqlClient,
  migration: Migration,
  terms: Terms | undefined,
  last: string,
): Promise<void> {
  try {
    if (terms) await client.query(settings('SESSION', terms));
    for (const statement of statementsOf(migration)) {
      if (terms) await client.query(`SET lock_timeout = ${waitsAlone(statement) ? 0 : terms.lockTimeoutMs}`);
      await client.query(statement);
    }
    await client.query(`${ledgerRow(migration)} ${terms ? reset : ''} ${last}`);
  } catch (error) {
    if (terms) await client.query(reset).catch(() => undefined);
    throw error;
  }
}

/**
 * Applies one migration and writes it down. Tries a few times to have its locks: while a statement waits for one, those that come after it
 * wait behind it, so it rather gives up and comes back (https://www.postgresql.org/docs/18/runtime-config-client.html, `lock_timeout`).
 * @param last what is sent with the end of it, once it is done.
 * @throws MigrationFailed
 */
export async function apply(client: SqlClient, migration: Migration, terms?: Terms, last = ''): Promise<void> {
  const once = migration.outsideTransaction ? applyByStatement : applyAtOnce;
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(client, migration, terms, last);
    } catch (cause) {
      if (attempt === attempts || !passing.has(sqlStateOf(cause))) throw new MigrationFailed(migration, cause);
    }
    // Not all at once again: of two that were in each other's way, one comes first.
    await sleep(firstPauseMs * 2 ** (attempt - 1) * (0.5 + Math.random()));
  }
}
