import type { Migration } from '@tenantry/tenant-schema';

export const revocations: Migration = {
  version: 2,
  name: 'revocations',
  sql: `
    -- What gateways must refuse, of all tenants, for as long as an access token given before can live. Written one after the other, so
    -- that who has seen a position has seen all before it.
    CREATE TABLE revocations (
      position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      revocation jsonb NOT NULL UNIQUE,
      created_at timestamptz(3) NOT NULL DEFAULT now()
    );
  `,
};
