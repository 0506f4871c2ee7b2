import { readConfig } from '@tenantry/service-kit';
import { migrate } from '@tenantry/tenant-schema';
import pg from 'pg';
import { AuthConfig } from './config.js';
import { migrations } from './migrations/index.js';

// Its own entry: in a cluster it runs as a job before auth's new version starts.
const { AUTH_DATABASE_URL } = readConfig(AuthConfig.pick({ AUTH_DATABASE_URL: true }));
const client = new pg.Client({ connectionString: AUTH_DATABASE_URL });
await client.connect();
try {
  const version = await migrate(client, migrations);
  process.stdout.write(`auth database at version ${version}\n`);
} finally {
  await client.end();
}
