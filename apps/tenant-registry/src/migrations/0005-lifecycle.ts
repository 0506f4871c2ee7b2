import type { Migration } from '@tenantry/tenant-schema';

export const lifecycle: Migration = {
  version: 5,
  name: 'lifecycle',
  sql: `
    -- Generations are handed out one transaction at a time, so that they can be seen in their order: who has seen one
    -- has seen all before it. The lock is taken before any row is.
    CREATE FUNCTION lock_generations() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_advisory_xact_lock(1734700645);
      RETURN NULL;
    END $$;
    CREATE FUNCTION next_generation() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      NEW.generation := nextval('tenant_generations');
      NEW.updated_at := now();
      RETURN NEW;
    END $$;
    CREATE TRIGGER lock_generations
      BEFORE INSERT OR UPDATE OF slug, name, state, state_reason, plan, cluster_id, db_name, db_user, schema_version
      ON tenants FOR EACH STATEMENT EXECUTE FUNCTION lock_generations();
    CREATE TRIGGER next_generation
      BEFORE INSERT OR UPDATE OF slug, name, state, state_reason, plan, cluster_id, db_name, db_user, schema_version
      ON tenants FOR EACH ROW EXECUTE FUNCTION next_generation();
    CREATE UNIQUE INDEX tenants_generation ON tenants (generation);

    ALTER TABLE tenants
      -- Until that admin is made: what the tenant was asked for, the password sealed.
      ADD COLUMN first_admin jsonb;

    CREATE TABLE tenant_transitions (
      id uuid PRIMARY KEY DEFAULT uuidv7(),
      tenant_id uuid NOT NULL REFERENCES tenants,
      from_state text NOT NULL,
      to_state text NOT NULL,
      reason text,
      actor text NOT NULL,
      request_id text,
      at timestamptz(3) NOT NULL DEFAULT now()
    );
    CREATE INDEX tenant_transitions_tenant_id ON tenant_transitions (tenant_id);

    -- Long actions: written in the transaction that decides on them, begun when they are due.
    CREATE TABLE operations (
      id uuid PRIMARY KEY DEFAULT uuidv7(),
      kind text NOT NULL,
      tenant_id uuid REFERENCES tenants,
      actor text NOT NULL,
      reason text,
      request_id text,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      due_at timestamptz(3) NOT NULL DEFAULT now(),
      begun_at timestamptz(3),
      outcome text CHECK (outcome IN ('succeeded', 'failed')),
      ended_at timestamptz(3),
      CHECK ((outcome IS NULL) = (ended_at IS NULL))
    );
    -- One at a time for a tenant, and one of each kind that is for no tenant.
    CREATE UNIQUE INDEX operations_of_tenant ON operations (tenant_id) WHERE ended_at IS NULL AND tenant_id IS NOT NULL;
    CREATE UNIQUE INDEX operations_of_all ON operations (kind) WHERE ended_at IS NULL AND tenant_id IS NULL;
    CREATE INDEX operations_due ON operations (due_at) WHERE begun_at IS NULL;

    -- Which processes of the registry live: the work of one that falls silent is taken over.
    CREATE TABLE instances (
      executor text PRIMARY KEY,
      name text NOT NULL,
      seen_at timestamptz(3) NOT NULL DEFAULT now()
    );
  `,
};
