import type { Cluster } from './clusters.js';
import type { TenantEntry } from './directory.js';

const topTalkers = 10;

/** The state of one cluster's connections in this process. Counts grow from the start of the process. */
interface ClusterSnapshot {
  readonly cluster: string;
  readonly budget: number;
  readonly held: number;
  readonly busy: number;
  readonly idle: number;
  readonly opening: number;
  readonly closing: number;
  readonly waiting: number;
  readonly longestWaitMs: number;
  /** A connect takes so long, lately. */
  readonly connectMs: number;
  readonly borrowed: number;
  readonly waited: number;
  readonly waitedMs: number;
  readonly connects: number;
  readonly connectFailures: number;
  readonly takeOvers: number;
  readonly refused: number;
  /** How long the cluster's breaker stays open; 0 when closed. */
  readonly clusterOpenMs: number;
  /** Breakers of single tenants that are open. */
  readonly tenantsOpen: number;
}

interface TenantSnapshot {
  readonly tenantId: string;
  readonly open: number;
  readonly busy: number;
  readonly waiting: number;
  readonly usedMs: number;
}

/** What `/v1/admin/pools` shows of one instance. */
export interface PoolsSnapshot {
  readonly service: string;
  readonly leases: number;
  readonly tenantsKnown: number;
  readonly clusters: readonly ClusterSnapshot[];
  /** The tenants that used connections longest. */
  readonly topTenants: readonly TenantSnapshot[];
}

export function snapshotOf(
  service: string,
  clusters: Iterable<Cluster>,
  entries: Iterable<TenantEntry>,
  tenantsKnown: number,
  leases: number,
): PoolsSnapshot {
  const tenants: TenantSnapshot[] = [];
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
