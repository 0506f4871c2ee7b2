import type { Migration } from '@tenantry/tenant-schema';

export const requests: Migration = {
  version: 8,
  name: 'requests',
  sql: `
    -- What gateways have counted, by days of UTC. No foreign key: a bill may be written after the tenant is gone.
    CREATE TABLE tenant_requests (
      tenant_id uuid NOT NULL,
      day date NOT NULL,
      requests bigint NOT NULL CHECK (requests > 0),
      PRIMARY KEY (tenant_id, day)
    );
  `,
};
