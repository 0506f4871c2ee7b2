import type { Tenant, TenantEntry, TenantNotice, TenantPlace } from '@tenantry/contracts';
import type { TenantRow } from './tenant.entity.js';

/** What the edge needs. */
export const toEntry = ({ id, slug, state, generation, plan }: TenantRow): TenantEntry => ({
  id,
  slug,
  state,
  generation,
  limits: { requestsPerMinute: plan.requestsPerMinute, maxConnections: plan.maxConnections },
});

/** What operators see: nothing secret, no physical names. */
export const toTenant = (row: TenantRow): Tenant => ({
  id: row.id,
  slug: row.slug,
  name: row.name,
  state: row.state,
  stateReason: row.stateReason,
  plan: row.plan.name,
  cluster: row.cluster.name,
  schemaVersion: row.schemaVersion,
  limits: toEntry(row).limits,
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
});

/** What a service needs to connect, or null while there is nothing to connect to. */
export const toPlace = (row: TenantRow): TenantPlace | null =>
  row.sealedPassword === null
    ? null
    : {
        ...toEntry(row),
        name: row.name,
        plan: row.plan.name,
        host: row.cluster.host,
        port: row.cluster.port,
        database: row.database,
        role: row.role,
        password: row.sealedPassword,
        schemaVersion: row.schemaVersion,
      };

/** What every instance is told when it has changed. */
export const toNotice = ({ id, slug, state, generation }: TenantRow): TenantNotice => ({
  tenantId: id,
  slug,
  state,
  generation,
});
