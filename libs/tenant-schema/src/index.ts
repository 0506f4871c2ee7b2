export { modelOfVersion } from './catalog/catalog-of-version.js';
export { compareWith, type Likeness, type VersionModel } from './catalog/likeness.js';
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
export { migrate, versionOf } from './migrate.js';
export { migrateTenant, type TenantMigrationOptions, type VersionChange } from './migrate-tenant.js';
export { MigrationFailed, MigrationUnderWay } from './migration-errors.js';
export { type Migration } from './migration.js';
export { migrations, schemaVersion } from './migrations/index.js';
export { connectPatiently, untilMigrated, type OpenableSqlClient } from './patience.js';
export { type SqlClient } from './sql-client.js';
