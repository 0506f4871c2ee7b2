import { apply, type Terms } from './apply.js';
import { askUntil, leaveTurn, takeTurn } from './migrate.js';
import { MigrationUnderWay } from './migration-errors.js';
import type { Migration } from './migration.js';
import { migrations, schemaVersion } from './migrations/index.js';
import { ownerRole } from './roles.js';
import { rowsOfEach, type SqlClient } from './sql-client.js';

export interface TenantMigrationOptions {
  /** The version to come to; default: the newest. */
  readonly target?: number;
  /**
   * How long one statement waits for a lock before it gives up, to be tried again a few times: for so long it may keep others waiting. Below
   * the server's `deadlock_timeout` (1 s) autovacuum is never told to make way.
   */
  readonly lockTimeoutMs?: number;
  /** How long one statement may take. */
  readonly statementTimeoutMs?: number;
}

export interface VersionChange {
  readonly from: number;
  readonly to: number;
}

/** What waits for another session that migrates the same database. */
const turnWithinMs = 10_000;

/**
 * One round trip. The version is read after the turn was had, by a statement with a snapshot of its own: what another one did before is seen.
 * Where nothing is to do, the turn is not asked for.
 */
const look = (target: number): string => `
  SELECT CASE WHEN coalesce(max(version), 0) < ${target} THEN ${takeTurn} END AS held FROM schema_migrations;
  SELECT coalesce(max(version), 0) AS version FROM schema_migrations`;

interface Look {
  /** Whether the turn was asked for, and had. */
  readonly isHeld: boolean;
  readonly version: number;
}

/** undefined: another session has the turn. */
async function lookOnce(client: SqlClient, target: number): Promise<Look | undefined> {
  const [turn, ledger] = await rowsOfEach(client, look(target));
  const held = turn?.[0]?.['held'];
  return held === false ? undefined : { isHeld: held === true, version: Number(ledger?.[0]?.['version']) };
}

/** `migrateTenant` with any list of migrations: to the last of them. */
export async function bringTo(
  client: SqlClient,
  wanted: readonly Migration[],
  terms: Terms,
  withinMs = turnWithinMs,
): Promise<VersionChange> {
  const found = await askUntil(() => lookOnce(client, wanted.length), withinMs);
  if (!found) throw new MigrationUnderWay(withinMs);
  const { isHeld, version: from } = found;
  const pending = wanted.slice(from);
  const last = pending.at(-1);
  try {
    for (const migration of pending) await apply(client, migration, terms, migration === last ? leaveTurn : '');
  } catch (error) {
    // Of a connection that has broken the server ends the session, and with it the turn.
    await client.query(leaveTurn).catch(() => undefined);
    throw error;
  }
  // Another session did it all between the two statements of the look.
  if (isHeld && !last) await client.query(leaveTurn);
  return { from, to: Math.max(from, wanted.length) };
}

/**
 * Brings one tenant's database to `target` (default: the newest version), as its owner: a transaction for each migration unless that cannot
 * be, one session at a time, nothing done twice. A database that is further already is left as it is.
 *
 * @param client one session, of a role that may act as the owner of tenants' databases.
 * @throws MigrationFailed, with the database at the version before (where the server did not answer: or at this one); MigrationUnderWay; the
 * driver's error where it cannot even be asked.
 */
export function migrateTenant(
  client: SqlClient,
  { target = schemaVersion, lockTimeoutMs = 2000, statementTimeoutMs = 300_000 }: TenantMigrationOptions = {},
): Promise<VersionChange> {
  return bringTo(client, migrationsOf(target), { role: ownerRole, lockTimeoutMs, statementTimeoutMs });
}

/** All that a database of that version has had. Raises where there is no such version. */
export function migrationsOf(version: number): readonly Migration[] {
  if (!Number.isInteger(version) || version < 1 || version > schemaVersion)
    throw new RangeError(`there is no version ${version} of tenants' schema: 1 to ${schemaVersion}`);
  return migrations.slice(0, version);
}
