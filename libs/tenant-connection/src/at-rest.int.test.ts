import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openSecret } from '@tenantry/service-kit';
import { createTenantDatabase, type TenantDatabase } from '@tenantry/testing';
import { TenantConnections } from './connections.js';
import { masterKey, placeOf } from './test/places.js';

let tenants: TenantDatabase[];
let connections: TenantConnections;

beforeAll(async () => {
  tenants = await Promise.all(Array.from({ length: 3 }, () => createTenantDatabase()));
  const known = new Map(tenants.map((tenant) => [tenant.tenantId, tenant]));
  connections = new TenantConnections({
    service: 'test',
    oldestSchema: 1,
    settings: { budget: 2, idleCloseMs: 300 },
    source: { load: (tenantId) => placeOf(known.get(tenantId)!) },
    open: ({ id, password }) => openSecret(password, masterKey, { owner: id, field: 'db_password' }),
    reports: { warn: () => undefined, error: () => undefined },
  });
});
afterAll(async () => {
  await connections.close();
  await Promise.all(tenants.map((tenant) => tenant.drop()));
});

const use = ({ tenantId }: TenantDatabase): Promise<unknown> =>
  connections.runInTenant(tenantId, () => connections.query('use', 'SELECT pg_sleep(0.01)'));
const shown = ({ tenantId }: TenantDatabase) =>
  connections.pools().topTenants.find((tenant) => tenant.tenantId === tenantId);

it('a tenant at rest costs no pool, and neither what it used nor how often is forgotten', async () => {
  const [often, once, late] = tenants as [TenantDatabase, TenantDatabase, TenantDatabase];
  for (let time = 0; time < 10; time++) await use(often);
  await use(once);
  while (connections.pools().clusters[0]!.held > 0) await sleep(50);
  const { usedMs, ...rest } = shown(often)!;
  expect(rest).toEqual({ tenantId: often.tenantId, open: 0, busy: 0, waiting: 0 });
  expect(usedMs).toBeGreaterThanOrEqual(100);
  // Both are used once more, `often` longer ago: only what was before the rest tells them apart.
  await use(often);
  await use(once);
  await use(late);
  expect([often, once, late].map((tenant) => shown(tenant)?.open)).toEqual([1, 0, 1]);
  expect(shown(often)!.usedMs).toBeGreaterThan(usedMs);
});
