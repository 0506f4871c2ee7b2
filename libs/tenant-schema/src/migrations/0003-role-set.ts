import type { Migration } from '../migration.js';

export const roleSet: Migration = {
  version: 3,
  name: 'role-set',
  sql: `
    -- One row, which every change of a role counts up: roles change one after another, and what is known of them has an age.
    CREATE TABLE role_set (
      version integer NOT NULL,
      is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only)
    );
    INSERT INTO role_set (version) VALUES (1);

    -- Nobody should take 'Admin' for 'admin'.
    CREATE UNIQUE INDEX roles_name_folded ON roles (lower(name));
  `,
};
