import { readConfig } from '@tenantry/service-kit';
import { migrate } from '@tenantry/tenant-schema';
import pg from 'pg';
import { RegistryConfig } from './config.js';
import { migrations } from './migrations/index.js';

// Its own entry: in a cluster it runs as a job before the registry's new version starts.
const { REGISTRY_DATABASE_URL } = readConfig(RegistryConfig.pick({ REGISTRY_DATABASE_URL: true }));
const client = new pg.Client({ connectionString: REGISTRY_DATABASE_URL });
await client.connect();
try {
  const version = await migrate(client, migrations);
  process.stdout.write(`registry database at version ${version}\n`);
} finally {
  await client.end();
}
