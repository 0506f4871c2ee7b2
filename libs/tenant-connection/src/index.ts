export { TenantConnectionModule } from './tenant-connection.module.js';
export { TenantConnections } from './connections.js';
export type { DirectorySource } from './directory.js';
export { ScramClient, type ScramKeys } from './scram-client.js';
export type { ConnectionSettings } from './settings.js';
export type { PoolsSnapshot } from './snapshot.js';
export {
  BudgetExhausted,
  LeaseExpired,
  NoTenant,
  PoolsClosed,
  TenantDatabaseUnavailable,
  TenantNotFound,
  TenantSuspended,
} from './errors.js';
export { wantedRow } from './wanted-row.js';
export { RegistryTenantsModule, TenantsConfig } from './registry-tenants.module.js';
