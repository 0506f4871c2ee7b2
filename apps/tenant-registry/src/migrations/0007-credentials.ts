import type { Migration } from '@tenantry/tenant-schema';

export const credentials: Migration = {
  version: 7,
  name: 'credentials',
  sql: `
    ALTER TABLE tenants
      -- The tenant's own key, wrapped with the master key: what is sealed for it is sealed with this one.
      ADD COLUMN data_key text,
      -- While credentials are changed: those that will be, and the role that was.
      ADD COLUMN next_db_user text UNIQUE,
      ADD COLUMN next_db_password text,
      ADD COLUMN old_db_user text UNIQUE;
  `,
};
