import { migrate } from './migrate.js';
import type { Migration } from './migration.js';
import { quoted } from './physical-name.js';
import { memberRole, ownerRole } from './roles.js';
import type { SqlClient } from './sql-client.js';

/**
 * Makes an empty database one that a tenant could have: rights of what is there and of what will be, then the tables. The client acts as the
 * owner from here on.
 */
export async function furnish(client: SqlClient, migrations: readonly Migration[]): Promise<void> {
  await client.query(`SET ROLE ${quoted(ownerRole)}`);
  await client.query(`
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    GRANT USAGE ON SCHEMA public TO ${quoted(memberRole)};
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${quoted(memberRole)};
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO ${quoted(memberRole)};
  `);
  await migrate(client, migrations);
  await client.query(`REVOKE INSERT, UPDATE, DELETE ON schema_migrations FROM ${quoted(memberRole)}`);
}
