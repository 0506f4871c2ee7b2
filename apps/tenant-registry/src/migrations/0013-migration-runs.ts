import type { Migration } from '@tenantry/tenant-schema';

export const migrationRuns: Migration = {
  version: 13,
  name: 'migration-runs',
  sql: `
    CREATE TABLE migration_runs (
      id uuid PRIMARY KEY DEFAULT uuidv7(),
      target integer NOT NULL,
      check_only boolean NOT NULL,
      selector jsonb NOT NULL,
      waves integer[] NOT NULL,
      concurrency integer NOT NULL CHECK (concurrency > 0),
      max_failures integer NOT NULL,
      state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'paused', 'cancelled', 'succeeded', 'failed')),
      state_reason text,
      wave integer NOT NULL DEFAULT 1,
      -- Failures that somebody has seen and resumed it in spite of: they do not count to max_failures.
      forgiven integer NOT NULL DEFAULT 0,
      actor text NOT NULL,
      reason text,
      request_id text,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      updated_at timestamptz(3) NOT NULL DEFAULT now(),
      ended_at timestamptz(3),
      CHECK ((state IN ('running', 'paused')) = (ended_at IS NULL))
    );
    -- One at a time.
    CREATE UNIQUE INDEX migration_runs_open ON migration_runs ((true)) WHERE ended_at IS NULL;

    CREATE TABLE migration_targets (
      run_id uuid NOT NULL REFERENCES migration_runs ON DELETE CASCADE,
      tenant_id uuid NOT NULL REFERENCES tenants,
      wave integer NOT NULL,
      state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'running', 'succeeded', 'failed', 'skipped')),
      from_version integer,
      to_version integer,
      attempts integer NOT NULL DEFAULT 0,
      error text,
      difference text[] NOT NULL DEFAULT '{}',
      -- The executor that has it in hand (instances).
      claimed_by text,
      started_at timestamptz(3),
      ended_at timestamptz(3),
      PRIMARY KEY (run_id, tenant_id),
      CHECK ((state = 'running') = (claimed_by IS NOT NULL))
    );
    CREATE INDEX migration_targets_next ON migration_targets (run_id, state, wave, tenant_id);
    CREATE INDEX migration_targets_claimed ON migration_targets (claimed_by) WHERE state = 'running';

    ALTER TABLE tenants
      -- Of the tables that its database had when they were last looked at, with schema_version.
      ADD COLUMN schema_fingerprint text;
  `,
};
