import { expect, it } from '@jest/globals';
import { Metrics } from '@tenantry/service-kit';
import { watchPools } from './pool-metrics.js';
import type { PoolsSnapshot } from './snapshot.js';

const figures = { budget: 40, held: 12, busy: 5, idle: 4, opening: 2, closing: 1, waiting: 3 };
const counts = { borrowed: 900, waited: 30, connects: 20, connectFailures: 2, takeOvers: 7, refused: 1 };
const cluster = { cluster: 'db:5432', ...figures, ...counts, longestWaitMs: 250, connectMs: 4, waitedMs: 1500 };
const of = (...tenants: string[]): PoolsSnapshot => ({
  service: 'products',
  budget: 40,
  leases: 6,
  tenantsKnown: 1000,
  clusters: [{ ...cluster, clusterOpenMs: 0, tenantsOpen: 2 }],
  topTenants: tenants.map((tenantId) => ({ tenantId, open: 2, busy: 1, waiting: 0, usedMs: 2500 })),
});

it('pools are shown as they are at the scrape, in seconds, and tenants only while they are among the top talkers', async () => {
  const metrics = new Metrics('products');
  let snapshot = of('acme', 'globex');
  let taken = 0;
  watchPools(metrics, () => {
    taken++;
    return snapshot;
  });
  expect(taken).toBe(0);
  const page = await metrics.page();
  expect(taken).toBe(1);
  const where = '{cluster="db:5432",service="products"}';
  for (const line of [
    'tenantry_connection_budget{service="products"} 40',
    'tenantry_leases{service="products"} 6',
    `tenantry_pool_budget${where} 40`,
    `tenantry_pool_longest_wait_seconds${where} 0.25`,
    `tenantry_pool_wait_seconds_total${where} 1.5`,
    `tenantry_pool_tenant_breakers_open${where} 2`,
    'tenantry_tenant_connection_seconds{tenant="globex",service="products"} 2.5',
  ])
    expect(page).toContain(`${line}\n`);
  snapshot = of('acme');
  const later = await metrics.page();
  expect(later).toContain(`tenantry_pool_borrowed_total${where} 900\n`);
  expect(later).not.toContain('globex');
});
