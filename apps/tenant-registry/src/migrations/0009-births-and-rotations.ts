import type { Migration } from '@tenantry/tenant-schema';

export const birthsAndRotations: Migration = {
  version: 9,
  name: 'births-and-rotations',
  sql: `
    -- What a process wrote that woke up after its rotation was over: the role it prepared is the one in use by now.
    UPDATE tenants SET next_db_user = NULL, next_db_password = NULL WHERE next_db_user = db_user;
    UPDATE tenants SET old_db_user = NULL WHERE old_db_user = db_user;
    ALTER TABLE tenants
      ADD CHECK (next_db_user <> db_user),
      ADD CHECK (old_db_user <> db_user),
      -- The cluster that was asked for, if one was: a birth that is tried again is so there.
      ADD COLUMN wanted_cluster text REFERENCES clusters (name);
  `,
};
