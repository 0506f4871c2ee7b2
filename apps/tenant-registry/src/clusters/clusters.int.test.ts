import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLog } from '@tenantry/service-kit';
import { OwnPostgres } from '@tenantry/testing';
import pg from 'pg';
import { Cluster } from './cluster.entity.js';
import { ClustersRepository } from './clusters.repository.js';
import { Pages } from '../pages.js';
import { Secrets } from '../secrets.js';
import { createRegistryDatabase, type RegistryDatabase, withoutReplica } from '../test/registry-database.js';
import { ClusterCensus } from './cluster-census.js';
import { ClusterFleetService } from './cluster-fleet.service.js';

const key = { MASTER_KEY: randomBytes(32) };
let database: RegistryDatabase;
let second: OwnPostgres;
let fleet: ClusterFleetService;
let url: string;

beforeAll(async () => {
  [database, second] = await Promise.all([createRegistryDatabase([Cluster]), OwnPostgres.start()]);
  const rows = database.source.getRepository(Cluster);
  const log = createLog({ service: 'tenant-registry', instance: 'test', level: 'silent' });
  fleet = new ClusterFleetService(
    new ClusterCensus(rows),
    new ClustersRepository(rows, new Secrets(key)),
    new Pages(key, withoutReplica(database.source)),
    log,
  );
  url = second.url;
}, 60_000);
afterAll(async () => {
  await second?.stop();
  await database?.drop();
}, 60_000);

/** As the cluster's administrator. */
const onSecond = async (sql: string): Promise<{ rows: unknown[] }> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client.query(sql).finally(() => client.end());
};
const wish = (name: string) => ({ name, provisionerUrl: url, labels: { region: 'eu' } });

describe('a cluster', () => {
  it('that every role may enter is refused, and nothing is kept of it', async () => {
    await expect(fleet.register(wish('open'))).rejects.toMatchObject({
      code: 'validation',
      errors: [{ pointer: '/provisionerUrl' }],
    });
    await onSecond('REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC');
    expect((await fleet.list({ limit: 100 })).data).toEqual([]);
  });

  it('is made ready for tenants, and its way in is told to nobody', async () => {
    const made = await fleet.register(wish('eu-1'));
    const { hostname, port } = new URL(url);
    expect(made).toMatchObject({
      ...{ name: 'eu-1', host: hostname, port: Number(port), state: 'open', tenants: 0 },
      // As many as its server says, for nobody said another number.
      ...{ labels: { region: 'eu' }, maxConnections: 50, reserve: 10 },
    });
    const { rows } = await onSecond(`SELECT 1 FROM pg_database WHERE datname LIKE 'tenantry_template%'`);
    expect(rows).toHaveLength(1);
    const kept = JSON.stringify(await database.source.query('SELECT * FROM clusters'));
    expect(kept).not.toContain(new URL(url).password);
    await expect(fleet.register(wish('eu-1'))).rejects.toMatchObject({ code: 'conflict' });
  });

  it('counts who lives there', async () => {
    await database.source.query(
      `INSERT INTO tenants (id, slug, name, state, plan, cluster_id, db_name, db_user)
       SELECT uuidv7(), s, s, CASE s WHEN 'b' THEN 'purged' ELSE 'active' END, 'free', id, s, s
       FROM clusters, unnest('{a,b,c}'::text[]) s`,
    );
    expect((await fleet.list({ limit: 100 })).data).toMatchObject([{ name: 'eu-1', tenants: 2 }]);
  });

  it('is changed in the given fields alone', async () => {
    const [{ id } = { id: '' }] = (await fleet.list({ limit: 1 })).data;
    const changed = await fleet.update({ id, state: 'draining', labels: { region: null, tier: 'gold' } });
    expect(changed).toMatchObject({ state: 'draining', labels: { tier: 'gold' }, maxConnections: 50 });
    await expect(fleet.update({ id, reserve: 50 })).rejects.toMatchObject({ code: 'validation' });
    await expect(fleet.update({ id: '0192f0c1-2b3c-7d4e-8f50-6172839405a6' })).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});
