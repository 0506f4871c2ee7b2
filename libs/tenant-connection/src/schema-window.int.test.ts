import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { TenantPlace } from '@tenantry/contracts';
import { openSecret } from '@tenantry/service-kit';
import { createTenantDatabase, type TenantDatabase, until } from '@tenantry/testing';
import { TenantConnections } from './connections.js';
import { TenantBehind } from './errors.js';
import { masterKey, placeOf } from './test/places.js';

const oldestSchema = 7;
const warn = jest.fn<(fields: object, text: string) => void>();

let acme: TenantDatabase;
let globex: TenantDatabase;
let connections: TenantConnections;
let generation = 1;
/** What the registry says. */
const places = new Map<string, TenantPlace>();

beforeAll(async () => {
  [acme, globex] = await Promise.all([createTenantDatabase(), createTenantDatabase()]);
});
afterAll(() => Promise.all([acme, globex].map((tenant) => tenant.drop())));

beforeEach(async () => {
  warn.mockClear();
  for (const tenant of [acme, globex])
    places.set(tenant.tenantId, await placeOf(tenant, { generation: ++generation, schemaVersion: oldestSchema }));
  connections = new TenantConnections({
    service: 'test',
    oldestSchema,
    source: { load: async (tenantId) => places.get(tenantId) },
    open: ({ id, password }) => openSecret(password, masterKey, { owner: id, field: 'db_password' }),
    reports: { warn, error: warn },
  });
});
afterEach(() => connections.close());

/** From now on the registry says so. */
const become = ({ tenantId }: TenantDatabase, changes: Partial<TenantPlace>): void =>
  void places.set(tenantId, { ...places.get(tenantId)!, ...changes, generation: ++generation });
/** And has told everybody: that there is a change, and not which. */
const say = ({ tenantId }: TenantDatabase): void => connections.notice({ tenantId, generation, state: 'active' });

const read = () => connections.query<{ pid: number }>('read', 'SELECT pg_backend_pid() AS pid');
/** The server's process that answers. */
const pidOf = async ({ tenantId }: TenantDatabase): Promise<number> =>
  (await connections.runInTenant(tenantId, read))[0]!.pid;
const connectionsOf = async ({ database }: TenantDatabase): Promise<unknown> => {
  const { rows } = await globex.query(
    'SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = $1 AND usename = $1',
    [database],
  );
  return rows[0]?.['count'];
};

describe('a tenant whose schema is older than the service can serve', () => {
  beforeEach(() => become(acme, { schemaVersion: oldestSchema - 1 }));

  it('is refused as in maintenance, it alone, and no connection to it is opened', async () => {
    await expect(pidOf(acme)).rejects.toThrow(TenantBehind);
    await expect(pidOf(acme)).rejects.toMatchObject({ code: 'tenant-maintenance', status: 503, retryAfterSeconds: 30 });
    expect(connections.pools().clusters).toEqual([]);
    expect(await pidOf(globex)).toBeGreaterThan(0);
    expect(connections.pools().clusters).toMatchObject([{ connects: 1 }]);
  });

  it('is served from the next request on, once the registry has said that it is migrated', async () => {
    await expect(pidOf(acme)).rejects.toThrow(TenantBehind);
    become(acme, { schemaVersion: oldestSchema });
    // Nothing was said: what is known is still fresh.
    await expect(pidOf(acme)).rejects.toThrow(TenantBehind);
    say(acme);
    expect(await pidOf(acme)).toBeGreaterThan(0);
  });

  it('is not served by a notice that tells of something else', async () => {
    await expect(pidOf(acme)).rejects.toThrow(TenantBehind);
    become(acme, { name: 'Acme and sons' });
    say(acme);
    await expect(pidOf(acme)).rejects.toThrow(TenantBehind);
  });

  it('is told of in the log, once for all that are asked for meanwhile', async () => {
    become(globex, { schemaVersion: 1 });
    for (const tenant of [acme, globex, acme]) await expect(pidOf(tenant)).rejects.toThrow(TenantBehind);
    const fields = { tenantId: acme.tenantId, schemaVersion: oldestSchema - 1, oldestSchema };
    expect(warn.mock.calls).toEqual([[fields, expect.stringContaining('waits for its migration')]]);
  });
});

it('a tenant whose schema is newer than the service knows is served', async () => {
  become(acme, { schemaVersion: oldestSchema + 100 });
  expect(await pidOf(acme)).toBeGreaterThan(0);
});

describe('a tenant that is connected', () => {
  it('keeps its connection through a migration, and whatever else changes nothing of how to get in', async () => {
    const before = await pidOf(acme);
    for (const change of [{ schemaVersion: oldestSchema + 1 }, { name: 'Acme and sons' }, { signUp: true }]) {
      become(acme, change);
      say(acme);
      expect(await pidOf(acme)).toBe(before);
    }
    expect(connections.pools().clusters).toMatchObject([{ connects: 1 }]);
  });

  it('loses it with its credentials as soon as that is said, though nobody asks for it', async () => {
    const before = await pidOf(acme);
    become(acme, { password: (await placeOf(acme)).password });
    say(acme);
    await until('the connection of the past is closed', 10_000, async () => (await connectionsOf(acme)) === 0);
    expect(await pidOf(acme)).not.toBe(before);
  });

  it('loses it as soon as it is not served any more', async () => {
    await pidOf(acme);
    const { tenantId } = acme;
    become(acme, { state: 'suspended' });
    connections.notice({ tenantId, generation, state: 'suspended' });
    await until('it is closed', 10_000, async () => (await connectionsOf(acme)) === 0);
  });
});
