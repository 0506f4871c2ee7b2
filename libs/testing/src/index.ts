export { Client, type Answer } from './client.js';
export { Conformance, type OpenApiDocument } from './conformance.js';
export { attributeOf, OtlpReceiver, type ReceivedSpan } from './otlp-receiver.js';
export { OwnPostgres } from './own-postgres.js';
export { Stack } from './stack.js';
export { createTenant, login, newSlug, type StackTenant, tenantWish } from './stack-tenant.js';
export { testServers, type TestServers } from './servers.js';
export { createTenantDatabase, type TenantDatabase } from './tenant-database.js';
export { until, within } from './waiting.js';
