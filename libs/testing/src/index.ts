export { testServers, type TestServers } from './servers.js';
export { createTenantDatabase, type TenantDatabase } from './tenant-database.js';
