import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openSecret } from '@tenantry/service-kit';
import { createTenantDatabase, type TenantDatabase } from '@tenantry/testing';
import { TenantConnections } from './connections.js';
import { masterKey, placeOf } from './test/places.js';

const limits = { requestsPerMinute: 600, maxDatabaseBytes: 1e9, maxUsers: 100 };

let tenant: TenantDatabase;
let place: Awaited<ReturnType<typeof placeOf>>;
const opened: TenantConnections[] = [];
beforeAll(async () => {
  tenant = await createTenantDatabase();
  place = await placeOf(tenant);
});
afterAll(async () => {
  await Promise.all(opened.map((connections) => connections.close()));
  await tenant.drop();
});

/** As a process that has just started: every session is new. */
function started(): TenantConnections {
  const connections = new TenantConnections({
    service: 'test',
    oldestSchema: 1,
    settings: {},
    source: { load: async () => ({ ...place, generation: 0, limits }) },
    open: ({ id, password }) => openSecret(password, masterKey, { owner: id, field: 'db_password' }),
    reports: { warn: () => undefined, error: () => undefined },
  });
  opened.push(connections);
  return connections;
}
const settingsOf = (connections: TenantConnections) =>
  connections.runInTenant(tenant.tenantId, () =>
    connections.query(
      'settings',
      `SELECT name, reset_val AS value FROM pg_settings WHERE name IN ('search_path', 'DateStyle', 'statement_timeout',
         'idle_in_transaction_session_timeout', 'default_transaction_isolation') ORDER BY name`,
    ),
  );

it("what a tenant's role has set for itself changes nothing that sessions rely on", async () => {
  const before = await settingsOf(started());
  const client = started();
  const own = [
    ...[`search_path = 'pg_temp'`, `DateStyle = 'German'`, 'statement_timeout = 0'],
    ...['idle_in_transaction_session_timeout = 0', `default_transaction_isolation = 'serializable'`],
  ];
  for (const [at, setting] of own.entries())
    await client.runInTenant(tenant.tenantId, () =>
      client.query(`own ${at}`, `ALTER ROLE CURRENT_USER SET ${setting}`),
    );
  expect(await settingsOf(started())).toEqual(before);
  const { rows } = await tenant.query(
    'SELECT array_length(setconfig, 1) AS own FROM pg_db_role_setting WHERE setrole = $1::regrole',
    [tenant.role],
  );
  expect(rows).toEqual([{ own: own.length }]);
});
