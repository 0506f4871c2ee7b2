import { randomBytes } from 'node:crypto';
import { createTenantDatabase, testServers } from '@tenantry/testing';
import pg from 'pg';
import type { Cluster } from '../cluster.js';

interface TenantRole {
  readonly role: string;
  readonly password: string;
  readonly database: string;
}

/** A role on the tests' cluster that may do what the account that provisions may: no superuser. */
export interface Provisioner extends Cluster {
  readonly role: string;
  connect(database: string): Promise<pg.Client>;
  /** Removes it. */
  leave(): Promise<void>;
}

const clientOf = async (role: { user: string; password: string } | undefined, database: string): Promise<pg.Client> => {
  const url = new URL(testServers().postgresUrl);
  url.pathname = `/${database}`;
  if (role) [url.username, url.password] = [role.user, role.password];
  const client = new pg.Client({ connectionString: url.href });
  // Some are ended by what is tested: whoever waits for an answer hears of it.
  client.on('error', () => undefined);
  await client.connect();
  return client;
};

export const asSuperuser = (database: string): Promise<pg.Client> => clientOf(undefined, database);

/** As a service of this tenant's. */
export const asTenant = ({ role: user, password, database }: TenantRole): Promise<pg.Client> =>
  clientOf({ user, password }, database);

export async function createProvisioner(): Promise<Provisioner> {
  // Makes the group roles and the template.
  await (await createTenantDatabase()).drop();
  const [user, password] = [`provisioner_${randomBytes(6).toString('hex')}`, randomBytes(32).toString('hex')];
  const superuser = await asSuperuser('postgres');
  // As the stack's bootstrap makes it.
  await superuser.query(`CREATE ROLE ${user} LOGIN CREATEDB CREATEROLE PASSWORD '${password}'`);
  await superuser.query(`GRANT CONNECT ON DATABASE postgres TO ${user}`);
  await superuser.query(`GRANT tenant_owner, tenant_member TO ${user} WITH ADMIN TRUE`);
  const connect = (database: string): Promise<pg.Client> => clientOf({ user, password }, database);
  const admin = await connect('postgres');
  return {
    role: user,
    admin,
    connect,
    leave: async () => {
      await admin.end();
      await superuser.query(
        `REVOKE CONNECT ON DATABASE postgres FROM ${user}; DROP OWNED BY ${user}; DROP ROLE ${user}`,
      );
      await superuser.end();
    },
  };
}
