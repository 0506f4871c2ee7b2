import type { Migration } from '@tenantry/tenant-schema';

export const outboxByService: Migration = {
  version: 12,
  name: 'outbox-by-service',
  sql: `
    -- As in every tenant's database.
    CREATE INDEX outbox_service ON outbox ((split_part(type, '.', 1) || '.'), position);
  `,
};
