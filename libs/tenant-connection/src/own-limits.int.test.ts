import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createTenantDatabase, type TenantDatabase, until } from '@tenantry/testing';
import type { DataSource } from 'typeorm';
import { openSecret } from '@tenantry/service-kit';
import { TenantConnections } from './connections.js';
import { openDataSource } from './data-source.js';
import { masterKey, placeOf } from './test/places.js';

const budget = 30;
const callers = 40;
const limits = { requestsPerMinute: 600, maxDatabaseBytes: 1e9, maxUsers: 100 };

let tenant: TenantDatabase;
let connections: TenantConnections;
let dataSource: DataSource;
let maxConnections: number | undefined;
let generation = 0;

beforeAll(async () => {
  tenant = await createTenantDatabase();
  const place = await placeOf(tenant);
  connections = new TenantConnections({
    service: 'test',
    oldestSchema: 1,
    settings: { budget, connectsAtOnce: 8 },
    source: {
      load: async () => ({
        ...{ ...place, generation },
        limits: maxConnections === undefined ? limits : { ...limits, maxConnections },
      }),
    },
    open: ({ id, password }) => openSecret(password, masterKey, { owner: id, field: 'db_password' }),
    reports: { warn: () => undefined, error: () => undefined },
  });
  dataSource = await openDataSource(connections, []);
});
afterAll(async () => {
  await dataSource.destroy();
  await tenant.drop();
});

/** How many of forty that want a connection have one, and how many wait, after so long that one more would have been opened. */
async function atOnce(expected: number): Promise<{ held: number; waiting: number }> {
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const work = () => connections.transaction(() => gate);
  const all = Array.from({ length: callers }, () => connections.runInTenant(tenant.tenantId, work));
  const cluster = () => connections.pools().clusters[0]!;
  try {
    await until(`${expected} connections are open`, 10_000, () => cluster().busy >= expected);
    const { longestWaitMs, connectMs } = cluster();
    await until('one more would be', 10_000, () => cluster().longestWaitMs > longestWaitMs + 10 * connectMs);
    const { held, waiting } = cluster();
    return { held, waiting };
  } finally {
    open();
    await Promise.all(all);
  }
}

it.each([
  ['is 20, has 20 connections at once', 20, 20],
  ['is 3, has 3', 3, 3],
  ['is not said, has 10', undefined, 10],
  ['is more than the budget, has the budget', 500, budget],
])('a tenant whose limit %s', async (_, limit, held) => {
  maxConnections = limit;
  connections.notice({ tenantId: tenant.tenantId, generation: ++generation, state: 'active' });
  expect(await atOnce(held)).toEqual({ held, waiting: callers - held });
});
