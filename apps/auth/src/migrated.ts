import type { Log } from '@tenantry/service-kit';
import { untilMigrated } from '@tenantry/tenant-schema';
import pg from 'pg';
import type { AuthConfig } from './config.js';
import { migrations } from './migrations/index.js';

/** The new version may be started beside the job that migrates for it (`kubectl apply`): it waits for that. */
export const migrated = ({ config, log }: { config: Pick<AuthConfig, 'AUTH_DATABASE_URL'>; log: Log }): Promise<void> =>
  untilMigrated(
    () => new pg.Client({ connectionString: config.AUTH_DATABASE_URL, connectionTimeoutMillis: 5000 }),
    migrations.length,
    (text) => log.warn(text),
  );
