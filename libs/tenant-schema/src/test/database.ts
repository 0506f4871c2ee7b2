import { randomBytes } from 'node:crypto';
import { createClosedDatabase } from '@tenantry/testing';
import { furnish } from '../furnish.js';
import type { Migration } from '../migration.js';
import { ownerRole } from '../roles.js';
import type { Provisioner } from './provisioner.js';

/** A tenant's database that has had these migrations alone, as an older build of the registry's would have made it. */
export interface Database {
  readonly name: string;
  drop(): Promise<void>;
}

export async function createDatabase(cluster: Provisioner, migrations: readonly Migration[]): Promise<Database> {
  const name = `t_${randomBytes(16).toString('hex')}`;
  await createClosedDatabase(cluster.admin, name);
  await cluster.admin.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
  await cluster.admin.query(`ALTER DATABASE ${name} OWNER TO ${ownerRole}`);
  const client = await cluster.connect(name);
  try {
    await furnish(client, migrations);
  } finally {
    await client.end();
  }
  return { name, drop: async () => void (await cluster.admin.query(`DROP DATABASE ${name} WITH (FORCE)`)) };
}
