import { migrations } from '@tenantry/tenant-schema';
import pg from 'pg';
import { serveParent, setting } from '../harness/parent.ts';
import type { Measured } from '../harness/rounds.ts';
import { inLanes } from '../provisioning/lanes.ts';

// The bare limit: for each database a connection and one message. Nothing is looked at, compared or written down elsewhere.

export interface BareWish {
  readonly databases: readonly string[];
  readonly atOnce: number;
}

export type BareAnswer = Measured;

const newest = migrations.at(-1)!;
const message = [
  'BEGIN; SET LOCAL ROLE tenant_owner;',
  newest.sql,
  `; INSERT INTO schema_migrations (version, name) VALUES (${newest.version}, '${newest.name}'); COMMIT`,
].join('\n');

const url = new URL(setting('PROVISIONER_URL'));

async function migrate(database: string): Promise<void> {
  const client = new pg.Client(Object.assign(new URL(url), { pathname: `/${database}` }).href);
  await client.connect();
  try {
    await client.query(message);
  } finally {
    await client.end();
  }
}

serveParent(({ databases, atOnce }: BareWish): Promise<BareAnswer> => {
  const left = databases.values();
  return inLanes(() => migrate(left.next().value!), { tenants: databases.length, atOnce });
});
