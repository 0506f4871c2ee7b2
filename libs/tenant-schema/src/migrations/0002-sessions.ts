import type { Migration } from '../migration.js';

export const sessions: Migration = {
  version: 2,
  name: 'sessions',
  sql: `
    -- Grows with every change after which access tokens given before must not hold.
    ALTER TABLE users ADD COLUMN security_version integer NOT NULL DEFAULT 1;

    -- Those opened so far have no refresh token: nothing is left to keep.
    DELETE FROM sessions;
    ALTER TABLE sessions
      -- As the gateway saw it, and as the client calls itself.
      ADD COLUMN address text,
      ADD COLUMN user_agent text,
      -- Which of the family's refresh tokens is the one that is not spent yet: the first, the second ...
      ADD COLUMN refresh_counter integer NOT NULL DEFAULT 1,
      -- SHA-256 of that token.
      ADD COLUMN refresh_hash bytea NOT NULL,
      -- Tells the family's spent tokens from made-up ones; what is not spent cannot be made from it.
      ADD COLUMN refresh_key bytea NOT NULL,
      ADD COLUMN expires_at timestamptz(3) NOT NULL,
      ADD COLUMN idle_expires_at timestamptz(3) NOT NULL,
      -- Together with ended_at.
      ADD COLUMN ended_why text,
      ADD CONSTRAINT sessions_ended_why CHECK ((ended_at IS NULL) = (ended_why IS NULL));
  `,
};
