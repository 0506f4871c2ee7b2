import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { OwnPostgres } from '@tenantry/testing';
import pg from 'pg';
import { ofKind, production, type PostgresCluster } from './manifests.ts';

let postgres: OwnPostgres;
beforeEach(async () => void (postgres = await OwnPostgres.start()), 60_000);
afterEach(() => postgres.stop());

/** Runs statements one after another, as the operator does; a superuser's, on this database. */
async function run(database: string, statements: readonly string[]): Promise<pg.QueryResult[]> {
  const url = Object.assign(new URL(postgres.url), { pathname: `/${database}` });
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  const results: pg.QueryResult[] = [];
  try {
    for (const statement of statements) results.push(await client.query(statement));
  } finally {
    await client.end();
  }
  return results;
}

const clusters = ofKind<PostgresCluster>(production, 'Cluster').map(
  (cluster) => [cluster.metadata.name, cluster] as const,
);

// In CloudNativePG's order (pkg/management/postgres/initdb.go, ConfigureNewInstance); the replicas' role it makes later, unless it is there.
test.each(clusters)(
  'the cluster %s is made by its statements, and closed to whoever is nobody of its own',
  async (_, { spec }) => {
    const { database, owner, postInitSQL, postInitApplicationSQL } = spec.bootstrap.initdb;
    await run('postgres', [`CREATE ROLE ${owner} LOGIN`, ...postInitSQL, `CREATE DATABASE ${database} OWNER ${owner}`]);
    await run(database, postInitApplicationSQL);
    const [, allowed] = await run('postgres', [
      'CREATE ROLE somebody LOGIN',
      `SELECT datname AS database, rolname AS role FROM pg_database, pg_roles
     WHERE datallowconn AND rolcanlogin AND NOT rolsuper AND has_database_privilege(rolname, datname, 'CONNECT')
     ORDER BY datname COLLATE "C", rolname COLLATE "C"`,
    ]);
    const ways = (allowed!.rows as { database: string; role: string }[]).map((row) => `${row.role} -> ${row.database}`);
    expect(ways.sort()).toEqual(
      owner === 'provisioner'
        ? ['provisioner -> postgres', 'provisioner -> provisioner', 'streaming_replica -> postgres']
        : ['auth -> auth', 'streaming_replica -> postgres', 'tenant_registry -> registry'],
    );
  },
);
