import type { Migration } from '@tenantry/tenant-schema';

export const operators: Migration = {
  version: 2,
  name: 'operators',
  sql: `
    ALTER TABLE operators ADD COLUMN revoked_at timestamptz(3);
    UPDATE operators SET name = 'first operator ' || left(key_hash, 8);
    -- The audit names operators: of those who can act, no two have one name.
    CREATE UNIQUE INDEX operators_name ON operators (lower(name)) WHERE revoked_at IS NULL;
  `,
};
