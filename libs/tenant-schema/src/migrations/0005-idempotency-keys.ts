import type { Migration } from '../migration.js';

export const idempotencyKeys: Migration = {
  version: 5,
  name: 'idempotency-keys',
  sql: `
    -- What was answered to writes under a key, written in the transaction of the write.
    CREATE TABLE idempotency_keys (
      caller text NOT NULL,
      subject text NOT NULL,
      key text NOT NULL,
      request_hash bytea NOT NULL,
      -- Not jsonb: the answer is given again as it was written.
      answer json NOT NULL,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      PRIMARY KEY (caller, subject, key)
    );
    CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
  `,
};
