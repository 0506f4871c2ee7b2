import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { furnish } from './furnish.js';
import { sqlStateOf } from './migration-errors.js';
import { migrations, schemaVersion } from './migrations/index.js';
import { plain, quoted } from './physical-name.js';
import { memberRole, ownerRole } from './roles.js';
import { scramVerifier } from './scram.js';
import type { SqlClient } from './sql-client.js';

/** A connection that ends. */
export interface ClosableSqlClient extends SqlClient {
  end(): Promise<void>;
}

/**
 * A database cluster seen by the account that provisions: `admin` is connected to its `postgres` database, and may create roles
 * and databases.
 */
export interface Cluster {
  readonly admin: SqlClient;
  connect(database: string): Promise<ClosableSqlClient>;
}

/** One number for "somebody prepares this cluster", for advisory locks in its `postgres` database. */
const lockKey = 0x636c7573;

/** The template's name says what is in it, so that a changed migration can never meet an old template. */
const templateName = (): string => {
  const content = createHash('sha256')
    .update(migrations.map(({ sql }) => sql).join('\n'))
    .digest('hex');
  return `tenantry_template_v${schemaVersion}_${content.slice(0, 8)}`;
};

const exists = async (client: SqlClient, catalog: 'pg_database' | 'pg_roles', name: string): Promise<boolean> => {
  const column = catalog === 'pg_database' ? 'datname' : 'rolname';
  const { rows } = await client.query(`SELECT 1 FROM ${catalog} WHERE ${column} = '${plain(name)}'`);
  return rows.length > 0;
};

async function ensureGroupRole(admin: SqlClient, role: string): Promise<void> {
  if (!(await exists(admin, 'pg_roles', role))) await admin.query(`CREATE ROLE ${quoted(role)} NOLOGIN`);
}

/**
 * An empty database of the owner's, never for a moment one that any role may enter: a tenant's could take the lock that migrations wait for
 * there, and what it leaves would be in each copy. Beside an open one no tenants are made.
 */
export async function createClosed(admin: SqlClient, name: string): Promise<void> {
  await admin.query(
    `CREATE DATABASE ${quoted(name)} TEMPLATE template0 OWNER ${quoted(ownerRole)} ALLOW_CONNECTIONS false`,
  );
  await admin.query(`REVOKE ALL ON DATABASE ${quoted(name)} FROM PUBLIC`);
  await admin.query(`ALTER DATABASE ${quoted(name)} WITH ALLOW_CONNECTIONS true`);
}

async function buildTemplate(cluster: Cluster, name: string): Promise<void> {
  const { admin } = cluster;
  const building = `${name}_building`;
  // What a killed builder left behind.
  await admin.query(`DROP DATABASE IF EXISTS ${quoted(building)} WITH (FORCE)`);
  await createClosed(admin, building);
  const client = await cluster.connect(building);
  try {
    await furnish(client, migrations);
  } finally {
    await client.end();
  }
  await admin.query(`ALTER DATABASE ${quoted(building)} WITH ALLOW_CONNECTIONS false`);
  await admin.query(`ALTER DATABASE ${quoted(building)} RENAME TO ${quoted(name)}`);
}

/**
 * Only who owns these can close them; a tenant's role that could connect to one would see the names of all others, and whatever PUBLIC may there.
 * Templates of ours are open while they are built, for nobody but who builds them: they hold no row.
 */
async function refuseOpenCluster(admin: SqlClient): Promise<void> {
  const { rows } = await admin.query(`
    SELECT quote_ident(datname) AS datname FROM pg_database
    WHERE datallowconn AND NOT starts_with(datname, 'tenantry_template_') AND has_database_privilege('public', oid, 'CONNECT')
    ORDER BY datname`);
  if (rows.length === 0) return;
  const names = rows.map(({ datname }) => String(datname)).join(', ');
  throw new Error(
    `every role may connect to ${names} of this cluster: REVOKE CONNECT ON DATABASE ${names} FROM PUBLIC first`,
  );
}

/**
 * Makes a cluster ready for tenants: the group roles, and the template of the current schema version. Once is enough, again is
 * harmless, and two at a time wait for each other.
 *
 * @throws Error when PUBLIC may connect to any database of it.
 */
export async function prepareCluster(cluster: Cluster): Promise<void> {
  const { admin } = cluster;
  await refuseOpenCluster(admin);
  await admin.query(`SELECT pg_advisory_lock(${lockKey})`);
  try {
    await ensureGroupRole(admin, ownerRole);
    await ensureGroupRole(admin, memberRole);
    // Who created a role may grant it, to itself too: needed to give databases to the owner and to act as it.
    await admin.query(`GRANT ${quoted(ownerRole)} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE`);
    if (!(await exists(admin, 'pg_database', templateName()))) await buildTemplate(cluster, templateName());
  } finally {
    await admin.query(`SELECT pg_advisory_unlock(${lockKey})`);
  }
}

/** Makes the tenant's own login role, or gives an existing one this password. `password` is base64url. */
export async function ensureTenantRole(admin: SqlClient, role: string, password: string): Promise<void> {
  // Who may create roles may not even repeat of an existing one that it is no superuser (PostgreSQL 18, ALTER ROLE).
  const [verb, attributes] = (await exists(admin, 'pg_roles', role))
    ? ['ALTER', 'LOGIN']
    : ['CREATE', 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE'];
  await admin.query(`${verb} ROLE ${quoted(role)} ${attributes} PASSWORD '${scramVerifier(password)}'`);
  await admin.query(`GRANT ${quoted(memberRole)} TO ${quoted(role)}`);
  await admin.query(`ALTER ROLE ${quoted(role)} SET search_path = public`);
}

/**
 * Makes the tenant's database from the template, open to its own role alone. It takes connections only once nobody else may
 * connect.
 */
export async function ensureTenantDatabase(admin: SqlClient, database: string, role: string): Promise<void> {
  if (!(await exists(admin, 'pg_database', database))) {
    await admin.query(
      `CREATE DATABASE ${quoted(database)} TEMPLATE ${quoted(templateName())} OWNER ${quoted(ownerRole)} ALLOW_CONNECTIONS false`,
    );
  }
  await admin.query(`REVOKE ALL ON DATABASE ${quoted(database)} FROM PUBLIC`);
  await openDatabaseTo(admin, database, role);
  await admin.query(`ALTER DATABASE ${quoted(database)} WITH ALLOW_CONNECTIONS true`);
}

/** Lets a login role of the tenant's into its database. */
export async function openDatabaseTo(admin: SqlClient, database: string, role: string): Promise<void> {
  await admin.query(`GRANT CONNECT ON DATABASE ${quoted(database)} TO ${quoted(role)}`);
}

/** Only who inherits from a role may end its sessions (PostgreSQL, "pg_terminate_backend"). */
async function ruleOver(admin: SqlClient, role: string): Promise<void> {
  await admin.query(`GRANT ${quoted(role)} TO CURRENT_USER WITH INHERIT TRUE, SET FALSE`);
}

/** Removes one login role of a tenant's and ends what sessions it has; harmless when there is none. */
export async function dropTenantRole(admin: SqlClient, database: string, role: string): Promise<void> {
  if (!(await exists(admin, 'pg_roles', role))) return;
  await admin.query(`ALTER ROLE ${quoted(role)} NOLOGIN`);
  await ruleOver(admin, role);
  await admin.query(`SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE usename = '${plain(role)}'`);
  await admin.query(`REVOKE ALL ON DATABASE ${quoted(database)} FROM ${quoted(role)}`);
  await admin.query(`DROP ROLE ${quoted(role)}`);
}

/** A worker of autovacuum is a superuser's: nobody else may end it, and it is gone soon (42501, insufficient_privilege). */
const vacuumedWithinMs = 5000;

async function dropDatabase(admin: SqlClient, database: string): Promise<void> {
  for (const late = performance.now() + vacuumedWithinMs; ; await sleep(100)) {
    try {
      await admin.query(`DROP DATABASE IF EXISTS ${quoted(database)} WITH (FORCE)`);
      return;
    } catch (error) {
      if (sqlStateOf(error) !== '42501' || performance.now() > late) throw error;
    }
  }
}

/** Removes a tenant's database and its login roles, connected or not; harmless when there are none. */
export async function dropTenant(admin: SqlClient, database: string, ...roles: string[]): Promise<void> {
  const present: string[] = [];
  for (const role of roles) if (await exists(admin, 'pg_roles', role)) present.push(role);
  for (const role of present) await ruleOver(admin, role);
  await dropDatabase(admin, database);
  for (const role of present) await admin.query(`DROP ROLE IF EXISTS ${quoted(role)}`);
}
