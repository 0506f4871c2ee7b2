import { Injectable } from '@nestjs/common';
import type { ParsedRequestOf, TenantUsage, Usage } from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';
import { ClusterAccess } from '../provisioning/cluster-access.js';
import { toTenant } from '../tenants/tenant.views.js';
import { RequestsRepository } from './requests.repository.js';
import { SizeBounds } from './size-bounds.js';
import { TenantsRepository } from '../tenants/tenants.repository.js';

// The name is ours: `t_` and the tenant's id.
const statistics = (database: string): string => `
  SELECT pg_database_size(datid) AS bytes, numbackends, xact_commit, xact_rollback, deadlocks, stats_reset
  FROM pg_stat_database WHERE datname = '${database}'`;
const plainName = /^[a-z0-9_]+$/;

/** What tenants use: one database is one tenant, so its cluster has counted already. Nothing is asked of idle ones. */
@Injectable()
export class UsageService {
  constructor(
    private readonly tenants: TenantsRepository,
    private readonly access: ClusterAccess,
    private readonly requests: RequestsRepository,
    private readonly bounds: SizeBounds,
  ) {}

  /** @throws ServiceError `not-found`, also for a tenant without a database; `service-unavailable` when its cluster is away. */
  async usage(id: string): Promise<TenantUsage> {
    const tenant = await this.tenants.get(id);
    const row = await this.statisticsOf(tenant.cluster.id, tenant.database);
    if (!row) throw new ServiceError('not-found', 'This tenant has no database.');
    const since = row['stats_reset'] as Date | null;
    return {
      tenantId: id,
      databaseBytes: Number(row['bytes']),
      connections: Number(row['numbackends']),
      transactions: Number(row['xact_commit']),
      rollbacks: Number(row['xact_rollback']),
      deadlocks: Number(row['deadlocks']),
      requests: await this.requests.of(id),
      since: since?.toISOString() ?? null,
      limits: toTenant(tenant).limits,
    };
  }

  /** @throws ServiceError when the registry's database is away: who counted is told and keeps the counts. */
  async count({ counts }: ParsedRequestOf<typeof Usage.count>): Promise<null> {
    await this.requests.add(counts);
    // Whoever counts waits for no cluster.
    void this.bounds.look(counts.map(({ tenantId }) => tenantId));
    return null;
  }

  private async statisticsOf(clusterId: string, database: string): Promise<Record<string, unknown> | undefined> {
    if (!plainName.test(database)) throw new TypeError('a physical name must be plain');
    const { admin } = await this.access.open(clusterId);
    try {
      return (await admin.query(statistics(database))).rows[0];
    } catch (cause) {
      throw new ServiceError('service-unavailable', "The tenant's cluster cannot be asked at the moment.", { cause });
    }
  }
}
