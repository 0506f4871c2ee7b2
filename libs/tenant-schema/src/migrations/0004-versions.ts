import type { Migration } from '../migration.js';

export const versions: Migration = {
  version: 4,
  name: 'versions',
  sql: `
    ALTER TABLE users ADD COLUMN version integer NOT NULL DEFAULT 1;
    ALTER TABLE roles ADD COLUMN version integer NOT NULL DEFAULT 1;
    ALTER TABLE products ADD COLUMN version integer NOT NULL DEFAULT 1;

    -- Whoever changes a row, whatever else, makes its next version: no writer can forget to.
    CREATE FUNCTION next_version() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      NEW.version := OLD.version + 1;
      RETURN NEW;
    END $$;

    CREATE TRIGGER users_version BEFORE UPDATE ON users
      FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION next_version();
    CREATE TRIGGER roles_version BEFORE UPDATE ON roles
      FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION next_version();
    CREATE TRIGGER products_version BEFORE UPDATE ON products
      FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION next_version();
  `,
};
