import type { Tenant, TenantEntry, TenantLimits, TenantNotice, TenantPlace } from '@tenantry/contracts';
import type { TenantRow } from './tenant.entity.js';

/** The plan's, but for what was agreed with this tenant; fewer connections where its pool options ask for fewer. */
export function limitsOf({ plan, limits, poolOptions }: TenantRow): TenantLimits {
  const { requestsPerMinute, maxConnections, maxDatabaseBytes, maxUsers } = plan;
  const agreed = { requestsPerMinute, maxConnections, maxDatabaseBytes, maxUsers, ...limits };
  return { ...agreed, maxConnections: Math.min(agreed.maxConnections, poolOptions.maxConnections ?? Infinity) };
}

/** What the edge needs. */
export const toEntry = (row: TenantRow): TenantEntry => ({ ...knownOf(row), databaseFull: row.databaseFull });

/** What edge and services need alike. */
const knownOf = (row: TenantRow): Omit<TenantEntry, 'databaseFull'> => {
  const { id, slug, state, generation, signUp } = row;
  return { id, slug, state, generation, limits: limitsOf(row), signUp };
};

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
  limits: limitsOf(row),
  poolOptions: row.poolOptions,
  signUp: row.signUp,
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
});

/** What a service needs to connect, or null while there is nothing to connect to. */
export const toPlace = (row: TenantRow): TenantPlace | null =>
  row.sealedPassword === null
    ? null
    : {
        ...knownOf(row),
        name: row.name,
        plan: row.plan.name,
        host: row.cluster.host,
        port: row.cluster.port,
        database: row.database,
        role: row.role,
        password: row.sealedPassword,
        schemaVersion: row.schemaVersion,
      };

/** What of a tenant is told to every instance when it has changed. */
export type Noticed = Pick<TenantRow, 'id' | 'slug' | 'state' | 'generation'>;

export const toNotice = ({ id, slug, state, generation }: Noticed): TenantNotice => ({
  tenantId: id,
  slug,
  state,
  generation,
});
