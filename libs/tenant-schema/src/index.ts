export {
  dropTenant,
  dropTenantRole,
  ensureTenantDatabase,
  ensureTenantRole,
  openDatabaseTo,
  prepareCluster,
  type ClosableSqlClient,
  type Cluster,
} from './cluster.js';
export { migrate, type SqlClient } from './migrate.js';
export { type Migration } from './migration.js';
export { migrations, schemaVersion } from './migrations/index.js';
export { connectPatiently, untilMigrated, type OpenableSqlClient } from './patience.js';
