import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLog } from '@tenantry/service-kit';
import { OwnPostgres } from '@tenantry/testing';
import pg from 'pg';
import { ClusterAccess } from '../provisioning/cluster-access.js';
import { Secrets } from '../secrets.js';
import { createRegistryDatabase, type RegistryDatabase } from '../test/registry-database.js';
import { ClusterCensus } from './cluster-census.js';
import { Cluster } from './cluster.entity.js';
import { ClustersRepository } from './clusters.repository.js';
import { OrphansService } from './orphans.service.js';

let database: RegistryDatabase;
let second: OwnPostgres;
let access: ClusterAccess;
let orphans: OrphansService;
let clusterId: string;

beforeAll(async () => {
  [database, second] = await Promise.all([createRegistryDatabase([Cluster]), OwnPostgres.start()]);
  const secrets = new Secrets({ MASTER_KEY: randomBytes(32) });
  const rows = database.source.getRepository(Cluster);
  const clusters = new ClustersRepository(rows, secrets);
  const log = createLog({ service: 'tenant-registry', instance: 'test', level: 'silent' });
  access = new ClusterAccess(clusters, secrets, log);
  orphans = new OrphansService(database.source, new ClusterCensus(rows), access);
  const at = { host: 'localhost', port: 5432, provisioner: second.url };
  clusterId = (await clusters.register({ name: 'main', ...at })).id;
  await clusters.register({ name: 'away', ...at, provisioner: 'postgres://p@127.0.0.1:1/postgres' });
}, 60_000);
afterAll(async () => {
  await access?.onApplicationShutdown();
  await second?.stop();
  await database?.drop();
}, 60_000);
beforeEach(() => database.source.query('DELETE FROM tenants'));

/** A database and a login role on the cluster, named as births name them. */
async function made(): Promise<string> {
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  const client = new pg.Client({ connectionString: second.url });
  await client.connect();
  await client.query(`CREATE ROLE ${name}_b`);
  await client.query(`CREATE DATABASE ${name}`).finally(() => client.end());
  return name;
}
const known = (name: string, state = 'active', cluster = 'main') =>
  database.source.query(
    `INSERT INTO tenants (id, slug, name, state, plan, cluster_id, db_name, db_user, next_db_user)
     SELECT uuidv7(), $1, $1, $2, 'free', id, $1, $1, $1 || '_b' FROM clusters WHERE name = $3`,
    [name, state, cluster],
  );
const both = (name: string) => [
  { kind: 'database', name },
  { kind: 'role', name: `${name}_b` },
];

describe('what a cluster has of tenants', () => {
  it('is an orphan where no tenant has it: unknown, or gone', async () => {
    const [own, unknown, purged] = await Promise.all([made(), made(), made()]);
    await Promise.all([known(own), known(purged, 'purged')]);
    const { data } = await orphans.list(clusterId);
    const names = [unknown, purged].flatMap(both);
    expect(data).toHaveLength(names.length);
    expect(data).toEqual(expect.arrayContaining(names));
  });

  it('is never one that a tenant has, wherever it lives: two clusters may be one server', async () => {
    const elsewhere = await made();
    await known(elsewhere, 'active', 'away');
    const { data } = await orphans.list(clusterId);
    for (const one of both(elsewhere)) expect(data).not.toContainEqual(one);
  });

  it('is asked of clusters that are known and there', async () => {
    await expect(orphans.list(randomUUID())).rejects.toMatchObject({ code: 'not-found' });
    const [{ id }] = await database.source.query<[{ id: string }]>(`SELECT id FROM clusters WHERE name = 'away'`);
    await expect(orphans.list(id)).rejects.toMatchObject({ code: 'service-unavailable' });
  });
});
