import type { Metrics } from '@tenantry/service-kit';
import type { PoolsSnapshot } from './snapshot.js';

type Cluster = PoolsSnapshot['clusters'][number];
type Tenant = PoolsSnapshot['topTenants'][number];

/** Of each cluster, at the moment of the scrape. */
const clusterGauges: readonly [name: string, help: string, value: (cluster: Cluster) => number][] = [
  ['budget', 'Connections this process may have to the cluster.', ({ budget }) => budget],
  ['held', 'Connections the server may count for this process: opening, idle, busy, closing.', ({ held }) => held],
  ['busy', 'Connections at work.', ({ busy }) => busy],
  ['idle', 'Open connections nobody uses.', ({ idle }) => idle],
  ['waiting', 'Requests that wait for a connection.', ({ waiting }) => waiting],
  ['longest_wait_seconds', 'How long the first of them has waited.', ({ longestWaitMs }) => longestWaitMs / 1000],
  ['connect_seconds', 'A connect takes so long, lately.', ({ connectMs }) => connectMs / 1000],
  ['breaker_open', "Whether the cluster's breaker is open: 1 or 0.", ({ clusterOpenMs }) => Number(clusterOpenMs > 0)],
  ['tenant_breakers_open', 'Tenants of the cluster whose breaker is open.', ({ tenantsOpen }) => tenantsOpen],
];

/** Of each cluster, since the start of the process. */
const clusterCounters: readonly [name: string, help: string, value: (cluster: Cluster) => number][] = [
  ['borrowed_total', 'Connections lent.', ({ borrowed }) => borrowed],
  ['waited_total', 'Connections lent to who had to wait.', ({ waited }) => waited],
  ['wait_seconds_total', 'Time waited by them.', ({ waitedMs }) => waitedMs / 1000],
  ['connects_total', 'Connections opened.', ({ connects }) => connects],
  ['connect_failures_total', 'Connects that failed.', ({ connectFailures }) => connectFailures],
  ['take_overs_total', 'Connections closed to make room for another tenant.', ({ takeOvers }) => takeOvers],
  ['refused_total', 'Requests that got no connection: queue full, too late, or a breaker open.', (of) => of.refused],
];

/** Of the tenants that use connections most: thousands of labels would cost more than they tell. */
const tenantGauges: readonly [name: string, help: string, value: (tenant: Tenant) => number][] = [
  ['connections', 'Open connections of one of the top talkers.', ({ open }) => open],
  ['waiting', 'Its requests that wait for a connection.', ({ waiting }) => waiting],
  ['connection_seconds', 'Connection time it has used since the start of the process.', ({ usedMs }) => usedMs / 1000],
];

/** Shows the pools to Prometheus: one snapshot a scrape, nothing in between. */
export function watchPools(metrics: Metrics, pools: () => PoolsSnapshot): void {
  const budget = metrics.gauge('tenantry_connection_budget', 'Connections this process may have to each cluster.');
  const leases = metrics.gauge('tenantry_leases', 'Leases of tenants held now.');
  const known = metrics.gauge('tenantry_tenants_known', "Entries of this process's directory of tenants.");
  const ofClusters = clusterGauges.map(
    ([name, help, value]) => [metrics.gauge(`tenantry_pool_${name}`, help, ['cluster']), value] as const,
  );
  const countsOfClusters = clusterCounters.map(
    ([name, help, value]) => [metrics.counter(`tenantry_pool_${name}`, help, ['cluster']), value] as const,
  );
  const ofTenants = tenantGauges.map(
    ([name, help, value]) => [metrics.gauge(`tenantry_tenant_${name}`, help, ['tenant']), value] as const,
  );
  metrics.onScrape(() => {
    const { budget: most, leases: held, tenantsKnown, clusters, topTenants } = pools();
    budget.set(most);
    leases.set(held);
    known.set(tenantsKnown);
    for (const [metric, value] of ofClusters)
      for (const cluster of clusters) metric.set({ cluster: cluster.cluster }, value(cluster));
    for (const [metric, value] of countsOfClusters) {
      metric.reset();
      for (const cluster of clusters) metric.inc({ cluster: cluster.cluster }, value(cluster));
    }
    for (const [metric, value] of ofTenants) {
      metric.reset();
      for (const tenant of topTenants) metric.set({ tenant: tenant.tenantId }, value(tenant));
    }
  });
}
