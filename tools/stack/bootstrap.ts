import pg from 'pg';
import type { RolePasswords } from './secrets.ts';

const { escapeIdentifier: name, escapeLiteral: literal } = pg;

/**
 * Makes a PostgreSQL cluster the platform's: its own databases and login roles, and no database that just any role may enter. Changes
 * nothing where all of it is in place, except that passwords are set to those given.
 * @param url an administrator's; a superuser, or a role that may create databases and roles
 */
export async function bootstrap(url: string, passwords: RolePasswords): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await login(client, 'tenant_registry', passwords.tenant_registry);
    await login(client, 'auth', passwords.auth);
    // Makes the tenants' databases and their roles; no superuser, so it cannot read what it made unless it is let in.
    await login(client, 'provisioner', passwords.provisioner, 'CREATEDB CREATEROLE');
    await database(client, 'registry', 'tenant_registry');
    await database(client, 'auth', 'auth');
    for (const open of ['registry', 'auth', 'postgres', 'template1']) {
      await client.query(`REVOKE CONNECT ON DATABASE ${name(open)} FROM PUBLIC`);
    }
    await client.query(`GRANT CONNECT ON DATABASE postgres TO provisioner`);
  } finally {
    await client.end();
  }
}

/** Makes a further PostgreSQL server fit for tenants: the provisioner's account, and no database that just any role may enter. */
export async function bootstrapCluster(url: string, passwords: Pick<RolePasswords, 'provisioner'>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await login(client, 'provisioner', passwords.provisioner, 'CREATEDB CREATEROLE');
    await client.query('REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC');
    await client.query('GRANT CONNECT ON DATABASE postgres TO provisioner');
  } finally {
    await client.end();
  }
}

async function login(
  client: pg.Client,
  role: string,
  password: string,
  rights = 'NOCREATEDB NOCREATEROLE',
): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
  const verb = rowCount ? 'ALTER' : 'CREATE';
  await client.query(`${verb} ROLE ${name(role)} LOGIN NOSUPERUSER ${rights} PASSWORD ${literal(password)}`);
}

async function database(client: pg.Client, database: string, owner: string): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
  if (rowCount) return;
  // An administrator who is no superuser may hand a database only to a role it can act as.
  await client.query(`GRANT ${name(owner)} TO CURRENT_USER`);
  await client.query(`CREATE DATABASE ${name(database)} OWNER ${name(owner)}`);
}
