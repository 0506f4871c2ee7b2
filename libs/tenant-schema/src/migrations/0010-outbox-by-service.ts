import type { Migration } from '../migration.js';

export const outboxByService: Migration = {
  version: 10,
  name: 'outbox-by-service',
  sql: `
    -- Services share the outbox, and each takes its own oldest events: those of the others are not read.
    CREATE INDEX outbox_service ON outbox ((split_part(type, '.', 1) || '.'), position);
  `,
};
