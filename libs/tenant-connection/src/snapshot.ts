import type { InstancePools } from '@tenantry/contracts';
import type { Cluster } from './clusters.js';
import type { TenantEntry } from './directory.js';

const topTalkers = 10;

/** What `/v1/admin/pools` shows of one instance; the bus adds its name. */
export type PoolsSnapshot = Omit<InstancePools, 'instance'>;

export function snapshotOf(
  { service, budget }: Pick<InstancePools, 'service' | 'budget'>,
  clusters: Iterable<Cluster>,
  entries: Iterable<TenantEntry>,
  tenantsKnown: number,
  leases: number,
): PoolsSnapshot {
  const tenants: InstancePools['topTenants'] = [];
  for (const { place, share, usedMs } of entries) {
    const used = Math.round(usedMs + (share?.usedMs ?? 0));
    const { held = 0, closing = 0, busy = 0, waiters = [] } = share ?? {};
    if (used === 0 && held === 0 && waiters.length === 0) continue;
    tenants.push({ tenantId: place.id, open: held - closing, busy, waiting: waiters.length, usedMs: used });
  }
  return {
    service,
    budget,
    leases,
    tenantsKnown,
    clusters: Array.from(clusters, (cluster) => ({
      cluster: cluster.address,
      ...cluster.budget.snapshot(),
      ...cluster.breakers.snapshot(),
    })),
    topTenants: tenants.sort((one, other) => other.usedMs - one.usedMs).slice(0, topTalkers),
  };
}
