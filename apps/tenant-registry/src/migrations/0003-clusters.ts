import type { Migration } from '@tenantry/tenant-schema';

export const clusters: Migration = {
  version: 3,
  name: 'clusters',
  sql: `
    ALTER TABLE clusters
      ADD COLUMN max_connections integer NOT NULL DEFAULT 100 CHECK (max_connections > 0),
      -- Connections kept for administrators: no service's budget may count on them.
      ADD COLUMN reserve integer NOT NULL DEFAULT 10 CHECK (reserve >= 0),
      ADD COLUMN labels jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(labels) = 'object'),
      -- Sealed; null until the registry has been told how to get in, and no tenant is placed there before.
      ADD COLUMN provisioner_url text,
      ADD COLUMN updated_at timestamptz(3) NOT NULL DEFAULT now(),
      ADD CHECK (reserve < max_connections),
      ADD CHECK (max_tenants >= 0);
  `,
};
