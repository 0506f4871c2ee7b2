import type { Migration } from '@tenantry/tenant-schema';

export const clusterVersions: Migration = {
  version: 11,
  name: 'cluster-versions',
  sql: `
    -- Grows with each change by operators, so that of two who have seen the same one is refused.
    ALTER TABLE clusters ADD COLUMN version integer NOT NULL DEFAULT 1;
  `,
};
