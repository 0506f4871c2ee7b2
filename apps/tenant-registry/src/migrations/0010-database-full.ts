import type { Migration } from '@tenantry/tenant-schema';

export const databaseFull: Migration = {
  version: 10,
  name: 'database-full',
  sql: `
    ALTER TABLE tenants
      -- Seen to be larger than its limits give, when it was last looked at: nothing is added to it.
      ADD COLUMN database_full boolean NOT NULL DEFAULT false;

    -- Others are told of it, too. Triggers of its own, so that those of the other columns stay as they are.
    CREATE TRIGGER lock_generations_of_size BEFORE UPDATE OF database_full
      ON tenants FOR EACH STATEMENT EXECUTE FUNCTION lock_generations();
    CREATE TRIGGER next_generation_of_size BEFORE UPDATE OF database_full
      ON tenants FOR EACH ROW EXECUTE FUNCTION next_generation();
  `,
};
