import type { Migration } from '@tenantry/tenant-schema';

export const audit: Migration = {
  version: 4,
  name: 'audit',
  sql: `
    -- No foreign keys: it outlives whatever it tells of.
    CREATE TABLE audit_events (
      id uuid PRIMARY KEY DEFAULT uuidv7(),
      at timestamptz(3) NOT NULL DEFAULT now(),
      actor text NOT NULL,
      action text NOT NULL,
      tenant_id uuid,
      target uuid,
      reason text,
      request_id text NOT NULL,
      address text,
      outcome text NOT NULL
    );
    CREATE INDEX audit_events_tenant ON audit_events (tenant_id, id DESC) WHERE tenant_id IS NOT NULL;
    CREATE INDEX audit_events_actor ON audit_events (actor, id DESC);
    CREATE INDEX audit_events_action ON audit_events (action, id DESC);
    CREATE INDEX audit_events_at ON audit_events (at);
  `,
};
