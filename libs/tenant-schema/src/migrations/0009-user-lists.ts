import type { Migration } from '../migration.js';

export const userLists: Migration = {
  version: 9,
  name: 'user-lists',
  sql: `
    -- One for each order of the list; that of e-mail addresses is there already.
    CREATE INDEX users_created_at ON users (created_at, id);
    CREATE INDEX users_last_name ON users (last_name, id);
  `,
};
