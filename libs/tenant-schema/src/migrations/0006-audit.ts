import type { Migration } from '../migration.js';

export const audit: Migration = {
  version: 6,
  name: 'audit',
  sql: `
    -- Who did what, from where; written in the transaction of what was done, and never changed. Ids of version 7 sort by time.
    CREATE TABLE audit_events (
      id uuid PRIMARY KEY DEFAULT uuidv7(),
      time timestamptz(3) NOT NULL DEFAULT now(),
      action text NOT NULL,
      -- 'user:<id>', 'system:<service>' or 'anonymous'; the user's id beside it, without a foreign key: what was done outlives who did it.
      actor text NOT NULL,
      actor_id uuid,
      target_id uuid,
      details jsonb NOT NULL DEFAULT '{}',
      address text,
      agent text,
      request_id text
    );
    CREATE INDEX audit_events_actor_id ON audit_events (actor_id, id) WHERE actor_id IS NOT NULL;
    CREATE INDEX audit_events_target_id ON audit_events (target_id, id) WHERE target_id IS NOT NULL;
    CREATE INDEX audit_events_action ON audit_events (action, id);

    UPDATE roles SET permissions = permissions || '{audit:read}' WHERE name = 'admin' AND built_in;
    UPDATE role_set SET version = version + 1;
  `,
};
