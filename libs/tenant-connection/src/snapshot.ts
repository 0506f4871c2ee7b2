import type { InstancePools } from '@tenantry/contracts';
import type { Cluster } from './clusters.js';
import type { TenantEntry } from './directory.js';

const topTalkers = 10;

/** What `/v1/admin/pools` shows of one instance; the bus adds its name. */
export type PoolsSnapshot = Omit<InstancePools, 'instance'>;

export function snapshotOf(
  service: string,
  clusters: Iterable<Cluster>,
  entries: Iterable<TenantEntry>,
  tenantsKnown: number,
  leases: number,
): PoolsSnapshot {
  const tenants: InstancePools['topTenants'] = [];
  for (const { share } of entries) {
    if (share === undefined || (share.pool.atRest && share.pool.usedMs === 0)) continue;
    const { tenantId, held, closing, busy, waiters, usedMs } = share.pool;
    tenants.push({ tenantId, open: held - closing, busy, waiting: waiters.length, usedMs: Math.round(usedMs) });
  }
  return {
    service,
    leases,
    tenantsKnown,
    clusters: Array.from(clusters, ({ address, budget, breakers }) => ({
      cluster: address,
      ...budget.snapshot(),
      ...breakers.snapshot(),
    })),
    topTenants: tenants.sort((one, other) => other.usedMs - one.usedMs).slice(0, topTalkers),
  };
}
