import { readConfig } from '@tenantry/service-kit';
import { connectPatiently, migrate } from '@tenantry/tenant-schema';
import pg from 'pg';
import { AuthConfig } from './config.js';
import { migrations } from './migrations/index.js';

// Its own entry: in a cluster it runs as a job before auth's new version starts.
const { AUTH_DATABASE_URL } = readConfig(AuthConfig.pick({ AUTH_DATABASE_URL: true }));
const client = await connectPatiently(
  () => new pg.Client({ connectionString: AUTH_DATABASE_URL, connectionTimeoutMillis: 5000 }),
  (text) => process.stdout.write(`${text}\n`),
);
try {
  const version = await migrate(client, migrations);
  process.stdout.write(`auth database at version ${version}\n`);
} finally {
  await client.end();
}
