import { randomBytes } from 'node:crypto';
import type { TenantPlace } from '@tenantry/contracts';
import { sealSecret } from '@tenantry/service-kit';

export const masterKey = randomBytes(32);

interface Database {
  readonly tenantId: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly role: string;
  readonly password: string;
}

/** What the registry would say of a tenant. */
export async function placeOf(
  { tenantId: id, password, ...where }: Database,
  changes: Partial<TenantPlace> = {},
): Promise<TenantPlace> {
  return {
    id,
    slug: id.slice(-12),
    name: 'Acme',
    state: 'active',
    plan: 'standard',
    generation: 1,
    schemaVersion: 1,
    limits: { requestsPerMinute: 600, maxConnections: 10, maxDatabaseBytes: 1e9, maxUsers: 100 },
    signUp: false,
    ...where,
    password: await sealSecret(password, masterKey, { owner: id, field: 'db_password' }),
    ...changes,
  };
}
