import type { Migration } from '@tenantry/tenant-schema';

export const limits: Migration = {
  version: 6,
  name: 'limits',
  sql: `
    ALTER TABLE plans
      ADD COLUMN max_database_bytes bigint NOT NULL DEFAULT 10737418240 CHECK (max_database_bytes > 0),
      ADD COLUMN max_users integer NOT NULL DEFAULT 1000 CHECK (max_users > 0);
    UPDATE plans SET max_database_bytes = 536870912, max_users = 10 WHERE name = 'free';
    UPDATE plans SET max_database_bytes = 107374182400, max_users = 100000 WHERE name = 'enterprise';
    ALTER TABLE tenants
      -- What was agreed for this tenant alone, in place of its plan's.
      ADD COLUMN limits jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(limits) = 'object'),
      ADD COLUMN pool_options jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(pool_options) = 'object'),
      ADD COLUMN sign_up boolean NOT NULL DEFAULT false;

    -- Others are told of these, too.
    DROP TRIGGER lock_generations ON tenants;
    DROP TRIGGER next_generation ON tenants;
    CREATE TRIGGER lock_generations
      BEFORE INSERT OR UPDATE OF slug, name, state, state_reason, plan, cluster_id, db_name, db_user, schema_version,
        limits, pool_options, sign_up
      ON tenants FOR EACH STATEMENT EXECUTE FUNCTION lock_generations();
    CREATE TRIGGER next_generation
      BEFORE INSERT OR UPDATE OF slug, name, state, state_reason, plan, cluster_id, db_name, db_user, schema_version,
        limits, pool_options, sign_up
      ON tenants FOR EACH ROW EXECUTE FUNCTION next_generation();
  `,
};
