import { randomBytes } from 'node:crypto';
import type { Outbox } from '@tenantry/outbox';
import { migrate } from '@tenantry/tenant-schema';
import { createClosedDatabase, testServers } from '@tenantry/testing';
import pg from 'pg';
import { DataSource, type EntitySchema } from 'typeorm';
import { createLog, Metrics } from '@tenantry/service-kit';
import { migrations } from '../migrations/index.js';
import { ReadReplica } from '../read-replica.js';

/** A central database of its own for one test file, migrated. */
export interface RegistryDatabase {
  readonly url: string;
  readonly source: DataSource;
  drop(): Promise<void>;
}

const withClient = async (url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await work(client).finally(() => client.end());
};

/** Where lists are read without a replica: on the primary. */
export const withoutReplica = (source: DataSource): ReadReplica =>
  new ReadReplica(
    source,
    { REGISTRY_REPLICA_URL: undefined, REGISTRY_REPLICA_MAX_LAG_SECONDS: 5 },
    createLog({ service: 'tenant-registry', instance: 'test', level: 'silent' }),
    new Metrics('tenant-registry'),
  );

/** Transactions whose events are collected, and told to nobody. */
export const quietOutbox = (
  source: DataSource,
  events: { type: string; data: unknown }[] = [],
): Pick<Outbox, 'transaction' | 'add'> => ({
  transaction: (work) => source.transaction(work),
  add: (event, { data }) => void events.push({ type: event.type, data }),
});

export async function createRegistryDatabase(entities: (NewableFunction | EntitySchema)[]): Promise<RegistryDatabase> {
  const { postgresUrl } = testServers();
  const name = `registry_${randomBytes(6).toString('hex')}`;
  await withClient(postgresUrl, (admin) => createClosedDatabase(admin, name));
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  await withClient(url.href, (client) => migrate(client, migrations));
  const source = new DataSource({
    type: 'postgres',
    url: url.href,
    entities: entities as never[],
    installExtensions: false,
  });
  await source.initialize();
  const drop = async (): Promise<void> => {
    await source.destroy();
    await withClient(postgresUrl, (admin) => admin.query(`DROP DATABASE ${name} WITH (FORCE)`));
  };
  return { url: url.href, source, drop };
}
