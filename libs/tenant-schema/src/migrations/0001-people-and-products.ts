import type { Migration } from '../migration.js';

export const peopleAndProducts: Migration = {
  version: 1,
  name: 'people-and-products',
  sql: `
    CREATE TABLE users (
      id uuid PRIMARY KEY DEFAULT uuidv7(),
      email text NOT NULL UNIQUE,
      password_hash text NOT NULL,
      first_name text NOT NULL,
      last_name text NOT NULL,
      active boolean NOT NULL DEFAULT true,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      updated_at timestamptz(3) NOT NULL DEFAULT now()
    );

    CREATE TABLE roles (
      id uuid PRIMARY KEY DEFAULT uuidv7(),
      name text NOT NULL UNIQUE,
      description text NOT NULL DEFAULT '',
      permissions text[] NOT NULL,
      built_in boolean NOT NULL DEFAULT false,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      updated_at timestamptz(3) NOT NULL DEFAULT now()
    );

    CREATE TABLE user_roles (
      user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
      role_id uuid NOT NULL REFERENCES roles ON DELETE RESTRICT,
      PRIMARY KEY (user_id, role_id)
    );
    CREATE INDEX user_roles_role_id ON user_roles (role_id);

    INSERT INTO roles (name, description, permissions, built_in) VALUES
      ('admin', 'Everything in this tenant',
        '{users:read,users:write,roles:read,roles:write,products:read,products:write}', true),
      ('manager', 'Products and people', '{products:read,products:write,users:read,users:write}', true),
      ('member', 'Products', '{products:read,products:write}', true),
      ('viewer', 'Products, to look at', '{products:read}', true);

    CREATE TABLE sessions (
      id uuid PRIMARY KEY DEFAULT uuidv7(),
      user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      last_used_at timestamptz(3) NOT NULL DEFAULT now(),
      ended_at timestamptz(3)
    );
    CREATE INDEX sessions_user_id ON sessions (user_id);

    CREATE TABLE products (
      id uuid PRIMARY KEY DEFAULT uuidv7(),
      name text NOT NULL,
      description text,
      price numeric(12, 2) NOT NULL CHECK (price >= 0),
      stock_quantity integer NOT NULL DEFAULT 0 CHECK (stock_quantity >= 0),
      active boolean NOT NULL DEFAULT true,
      managed_by uuid REFERENCES users ON DELETE SET NULL,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      updated_at timestamptz(3) NOT NULL DEFAULT now()
    );
    CREATE INDEX products_managed_by ON products (managed_by);

    -- What has happened and is not told yet: written with what happened, removed when JetStream has it. The position is given
    -- while the aggregate's row is locked, so within an aggregate it is the order in which things happened.
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

    -- Events whose work is done, so that an event that comes twice is worked on once. Ids of version 7 sort by age.
    CREATE TABLE heard_events (
      service text NOT NULL,
      event_id uuid NOT NULL,
      PRIMARY KEY (service, event_id)
    );
  `,
};
