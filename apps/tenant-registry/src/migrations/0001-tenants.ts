import type { Migration } from '@tenantry/tenant-schema';

export const tenants: Migration = {
  version: 1,
  name: 'tenants',
  sql: `
    CREATE TABLE plans (
      name text PRIMARY KEY,
      requests_per_minute integer NOT NULL CHECK (requests_per_minute > 0),
      max_connections integer NOT NULL CHECK (max_connections > 0)
    );
    INSERT INTO plans (name, requests_per_minute, max_connections) VALUES
      ('free', 600, 2), ('standard', 6000, 10), ('enterprise', 60000, 20);

    CREATE TABLE clusters (
      id uuid PRIMARY KEY DEFAULT uuidv7(),
      name text NOT NULL UNIQUE,
      host text NOT NULL,
      port integer NOT NULL,
      max_tenants integer NOT NULL DEFAULT 10000,
      state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'draining', 'closed')),
      created_at timestamptz(3) NOT NULL DEFAULT now()
    );

    -- Grows with every change of any tenant, so that of two answers about one tenant the newer is known.
    CREATE SEQUENCE tenant_generations;

    CREATE TABLE tenants (
      id uuid PRIMARY KEY,
      slug text NOT NULL,
      name text NOT NULL,
      state text NOT NULL CHECK (state IN
        ('provisioning', 'active', 'suspended', 'maintenance', 'archived', 'purged', 'failed')),
      state_reason text,
      plan text NOT NULL REFERENCES plans,
      cluster_id uuid NOT NULL REFERENCES clusters,
      db_name text NOT NULL UNIQUE,
      db_user text NOT NULL UNIQUE,
      db_password text,
      schema_version integer NOT NULL DEFAULT 0,
      generation bigint NOT NULL DEFAULT nextval('tenant_generations'),
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      updated_at timestamptz(3) NOT NULL DEFAULT now()
    );
    -- A slug is free again once its tenant has come to nothing or is gone.
    CREATE UNIQUE INDEX tenants_slug ON tenants (slug) WHERE state NOT IN ('failed', 'purged');
    CREATE INDEX tenants_cluster_id ON tenants (cluster_id);

    CREATE TABLE operators (
      id uuid PRIMARY KEY DEFAULT uuidv7(),
      name text NOT NULL,
      key_hash text NOT NULL UNIQUE,
      scopes text[] NOT NULL,
      expires_at timestamptz(3),
      created_at timestamptz(3) NOT NULL DEFAULT now()
    );

    -- As in every tenant's database; tenant_id says of which tenant an event tells.
    CREATE TABLE outbox (
      position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      id uuid NOT NULL DEFAULT uuidv7(),
      type text NOT NULL,
      dataschema text NOT NULL,
      aggregate text NOT NULL,
      data jsonb NOT NULL,
      time timestamptz(3) NOT NULL DEFAULT now(),
      request_id text,
      traceparent text,
      tenant_id uuid
    );
    CREATE TABLE heard_events (
      service text NOT NULL,
      event_id uuid NOT NULL,
      PRIMARY KEY (service, event_id)
    );
  `,
};
