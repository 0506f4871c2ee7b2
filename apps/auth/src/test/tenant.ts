import { randomBytes } from 'node:crypto';
import { sealSecret } from '@tenantry/service-kit';
import { TenantConnections } from '@tenantry/tenant-connection';
import { schemaVersion } from '@tenantry/tenant-schema';
import type { TenantDatabase } from '@tenantry/testing';
import { oldestSchema } from '../app.module.js';
import { log } from './bus.js';

export const masterKey = randomBytes(32);

/** What the registry says of a tenant. */
export const placeOf = async ({ tenantId: id, host, port, database, role, password }: TenantDatabase) => ({
  ...{ id, slug: 'acme', name: 'Acme', plan: 'standard', state: 'active' as const, schemaVersion, generation: 1 },
  ...{
    host,
    port,
    database,
    role,
    limits: { requestsPerMinute: 1000, maxConnections: 10, maxDatabaseBytes: 1e9, maxUsers: 100 },
    signUp: false,
  },
  password: await sealSecret(password, masterKey, { owner: id, field: 'db_password' }),
});

/** Connections to these tenants, as the service has them. */
export const connectionsTo = (tenants: readonly TenantDatabase[]): TenantConnections =>
  new TenantConnections({
    service: 'auth',
    oldestSchema,
    source: { load: async (id) => placeOf(tenants.find(({ tenantId }) => tenantId === id)!) },
    open: async ({ id }) => tenants.find(({ tenantId }) => tenantId === id)!.password,
    settings: { budget: 10 },
    reports: log,
  });

/** A user of the tenant. */
export async function addUser(tenant: TenantDatabase): Promise<string> {
  const email = `${randomBytes(6).toString('hex')}@acme.test`;
  const { rows } = await tenant.query(
    `INSERT INTO users (email, password_hash, first_name, last_name) VALUES ($1, 'x', 'A', 'B') RETURNING id`,
    [email],
  );
  return String(rows[0]?.['id']);
}
