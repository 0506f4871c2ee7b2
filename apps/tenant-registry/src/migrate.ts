import { DBOS } from '@dbos-inc/dbos-sdk';
import { readConfig } from '@tenantry/service-kit';
import { connectPatiently, migrate } from '@tenantry/tenant-schema';
import pg from 'pg';
import { RegistryConfig } from './config.js';
import { migrations } from './migrations/index.js';

/** One number for "somebody migrates the workflow engine's tables", which does not look whether another one does. */
const engineLock = 0x64626f73;

// Its own entry: in a cluster it runs as a job before the registry's new version starts.
const { REGISTRY_DATABASE_URL } = readConfig(RegistryConfig.pick({ REGISTRY_DATABASE_URL: true }));
const client = await connectPatiently(
  () => new pg.Client({ connectionString: REGISTRY_DATABASE_URL, connectionTimeoutMillis: 5000 }),
  (text) => process.stdout.write(`${text}\n`),
);
try {
  await client.query('SELECT pg_advisory_lock($1)', [engineLock]);
  await DBOS.migrate(REGISTRY_DATABASE_URL);
  // Last: services that wait for this version may use the engine's tables, too.
  const version = await migrate(client, migrations);
  process.stdout.write(`registry database at version ${version}\n`);
} finally {
  await client.end();
}
