import type { Migration } from '@tenantry/tenant-schema';

export const keyRotation: Migration = {
  version: 3,
  name: 'key-rotation',
  sql: `
    -- Published from its creation, signed with from here on, until the next one's time has come.
    ALTER TABLE signing_keys ADD COLUMN signs_from timestamptz(3) NOT NULL DEFAULT now();
  `,
};
