import type pg from 'pg';

/** The newest migration of tenants' databases, and what undoes it; written anew with each, since nothing but tests goes back. */
const newest = {
  version: 11,
  undo: `
    DROP FUNCTION forget_audit_events;
    GRANT UPDATE, DELETE ON audit_events TO tenant_member;`,
};

/**
 * Makes a tenant's database as it was before the newest migration, rows and all, as if it had been left behind by an upgrade.
 * @param client a superuser's, connected to it.
 * @returns the version it has now.
 */
export async function setBack(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ version: number }>('SELECT max(version) AS version FROM schema_migrations');
  if (rows[0]?.version !== newest.version)
    throw new Error(`the newest migration is ${rows[0]?.version}: say in libs/testing/src/set-back.ts what undoes it`);
  await client.query(`BEGIN; ${newest.undo} DELETE FROM schema_migrations WHERE version = ${newest.version}; COMMIT`);
  return newest.version - 1;
}
