import { randomBytes } from 'node:crypto';
import { createClosedDatabase } from '@tenantry/testing';
import { dropTenant, ensureTenantRole, openDatabaseTo } from '../cluster.js';
import { furnish } from '../furnish.js';
import type { Migration } from '../migration.js';
import { ownerRole } from '../roles.js';
import type { Provisioner } from './provisioner.js';

/** A tenant's database that has had these migrations alone, as an older build of the registry's would have made it. */
export interface Database {
  readonly database: string;
  readonly role: string;
  readonly password: string;
  drop(): Promise<void>;
}

export async function createDatabase(cluster: Provisioner, migrations: readonly Migration[]): Promise<Database> {
  const { admin } = cluster;
  const [name, password] = [`t_${randomBytes(16).toString('hex')}`, randomBytes(32).toString('hex')];
  await createClosedDatabase(admin, name);
  await admin.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
  await admin.query(`ALTER DATABASE ${name} OWNER TO ${ownerRole}`);
  const client = await cluster.connect(name);
  try {
    await furnish(client, migrations);
  } finally {
    await client.end();
  }
  await ensureTenantRole(admin, name, password);
  await openDatabaseTo(admin, name, name);
  return { database: name, role: name, password, drop: () => dropTenant(admin, name, name) };
}
