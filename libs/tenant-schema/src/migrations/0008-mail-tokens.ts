import type { Migration } from '../migration.js';

export const mailTokens: Migration = {
  version: 8,
  name: 'mail-tokens',
  sql: `
    -- When the user has shown that they read mail at this address; set to NULL with a new address.
    ALTER TABLE users ADD COLUMN email_verified_at timestamptz(3);

    -- What was sent by mail to be used once. A row is deleted by its use.
    CREATE TABLE mail_tokens (
      -- SHA-256 of the token, which itself stands in the mail alone.
      hash bytea PRIMARY KEY,
      user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
      purpose text NOT NULL CHECK (purpose IN ('reset-password', 'verify-email')),
      -- The address it was sent to: it is worth nothing once the user has another one.
      email text NOT NULL,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      expires_at timestamptz(3) NOT NULL
    );
    CREATE INDEX mail_tokens_user_id ON mail_tokens (user_id, purpose);
  `,
};
