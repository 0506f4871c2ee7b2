import { randomBytes } from 'node:crypto';
import { readModel, type VersionModel } from './likeness.js';
import { type Cluster, type ClosableSqlClient, createClosed } from '../cluster.js';
import { furnish } from '../furnish.js';
import { migrationsOf } from '../migrate-tenant.js';
import type { Migration } from '../migration.js';
import { quoted } from '../physical-name.js';
import type { SqlClient } from '../sql-client.js';

const prefix = 'tenantry_scratch_';

/** One that is in use has its lock held, by a session in `postgres` that ends with its process. */
const lockOf = (name: string): string => `hashtextextended('${name}', 0)`;

/** Where it fails, the next call tries it again. */
const drop = (session: SqlClient, name: string): Promise<unknown> =>
  session.query(`DROP DATABASE IF EXISTS ${quoted(name)} WITH (FORCE)`);

/** Drops what processes have left that were ended at their work; what is in use stays. */
async function dropLeftovers(session: SqlClient): Promise<void> {
  const { rows } = await session.query(`SELECT datname FROM pg_database WHERE datname ~ '^${prefix}[0-9a-f]+$'`);
  for (const name of rows.map(({ datname }) => String(datname))) {
    const turn = await session.query(`SELECT pg_try_advisory_lock(${lockOf(name)}) AS held`);
    if (turn.rows[0]?.['held'] !== true) continue;
    await drop(session, name).catch(() => undefined);
    await session.query(`SELECT pg_advisory_unlock(${lockOf(name)})`);
  }
}

async function create(session: SqlClient, name: string): Promise<void> {
  await session.query(`SELECT pg_advisory_lock(${lockOf(name)})`);
  await createClosed(session, name);
}

async function furnished(client: ClosableSqlClient, migrations: readonly Migration[]): Promise<VersionModel> {
  try {
    await furnish(client, migrations);
    // As whoever looks at tenants' databases.
    await client.query('RESET ROLE');
    return await readModel(client);
  } finally {
    await client.end();
  }
}

async function modelAfter(cluster: Cluster, migrations: readonly Migration[]): Promise<VersionModel> {
  const name = `${prefix}${randomBytes(8).toString('hex')}`;
  const session = await cluster.connect('postgres');
  try {
    await dropLeftovers(session);
    try {
      await create(session, name);
      return await furnished(await cluster.connect(name), migrations);
    } finally {
      await drop(session, name).catch(() => undefined);
    }
  } finally {
    await session.end();
  }
}

/** `catalogOfVersion` with any list of migrations. */
export async function catalogAfter(cluster: Cluster, migrations: readonly Migration[]): Promise<readonly string[]> {
  return (await modelAfter(cluster, migrations)).catalog;
}

/** The catalog that a tenant's database of that version has; see `modelOfVersion`. */
export async function catalogOfVersion(cluster: Cluster, version: number): Promise<readonly string[]> {
  return (await modelOfVersion(cluster, version)).catalog;
}

/**
 * What a tenant's database of that version has: read in a scratch database that gets exactly the migrations up to it, made and
 * dropped on this cluster (which `prepareCluster` has been at). What a process that was ended has left, the next call drops.
 *
 * @throws RangeError where there is no such version.
 */
export async function modelOfVersion(cluster: Cluster, version: number): Promise<VersionModel> {
  return modelAfter(cluster, migrationsOf(version));
}
