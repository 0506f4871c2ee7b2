import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLog } from '@tenantry/service-kit';
import { dropTenant, ensureTenantDatabase, ensureTenantRole } from '@tenantry/tenant-schema';
import { OwnPostgres, testServers } from '@tenantry/testing';
import pg from 'pg';
import { Cluster } from '../clusters/cluster.entity.js';
import { ClustersRepository } from '../clusters/clusters.repository.js';
import { Plan } from '../tenants/plan.entity.js';
import { Secrets } from '../secrets.js';
import { TenantRow } from '../tenants/tenant.entity.js';
import { TenantsRepository } from '../tenants/tenants.repository.js';
import { Transitions } from '../lifecycle/transitions.js';
import { createRegistryDatabase, quietOutbox, type RegistryDatabase } from '../test/registry-database.js';
import { OperationsRepository } from '../operations/operations.repository.js';
import { Births } from './births.js';
import { ClusterAccess } from './cluster-access.js';
import { Placement } from './placement.js';

let registry: RegistryDatabase;
let second: OwnPostgres;
let clusters: ClustersRepository;
let access: ClusterAccess;
let births: Births;
const admin = { email: 'a@b.example', password: 'correct-horse', firstName: 'Ada', lastName: 'Lovelace' };
const urls: Record<string, string> = {};

/** Takes a place and answers on which cluster. */
async function place({
  id = randomUUID(),
  slug = `s-${id}`,
  cluster,
}: { id?: string; slug?: string; cluster?: string } = {}) {
  await births.reserve(id, { slug, name: 'Test', plan: 'standard', cluster, admin });
  const [row] = await registry.source.query<{ name: string; db_name: string; cluster_id: string }[]>(
    'SELECT c.name, t.db_name, t.cluster_id FROM tenants t JOIN clusters c ON c.id = t.cluster_id WHERE t.id = $1',
    [id],
  );
  return row!;
}
const setCluster = (name: string, change: Partial<Cluster>) =>
  registry.source.getRepository(Cluster).update({ name }, change);
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'placed',
    ({ code }: { code: string }) => code,
  );

const databasesOf = async (url: string): Promise<string[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ datname: string }>('SELECT datname FROM pg_database');
  await client.end();
  return rows.map(({ datname }) => datname);
};

beforeAll(async () => {
  [registry, second] = await Promise.all([createRegistryDatabase([TenantRow, Cluster, Plan]), OwnPostgres.start()]);
  const secrets = new Secrets({ MASTER_KEY: randomBytes(32) });
  clusters = new ClustersRepository(registry.source.getRepository(Cluster), secrets);
  access = new ClusterAccess(
    clusters,
    secrets,
    createLog({ service: 'tenant-registry', instance: 'test', level: 'silent' }),
  );
  const operations = new OperationsRepository(registry.source);
  const tenants = new TenantsRepository(registry.source.getRepository(TenantRow));
  const transitions = new Transitions(tenants, quietOutbox(registry.source), { say: () => undefined });
  births = new Births(registry.source, new Placement(), operations, transitions, secrets);
  Object.assign(urls, { main: testServers().postgresUrl, west: second.url });
  for (const [name, provisioner] of Object.entries(urls)) {
    const { hostname: host, port } = new URL(provisioner);
    const client = new pg.Client({ connectionString: provisioner });
    await client.connect();
    await client.query('REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC');
    await client.end();
    await clusters.register({ name, host, port: Number(port), provisioner });
  }
}, 60_000);
beforeEach(async () => {
  await registry.source.query('DELETE FROM operations; DELETE FROM tenant_transitions; DELETE FROM tenants');
  for (const name of ['main', 'west']) await setCluster(name, { state: 'open', maxTenants: 100 });
});
afterAll(async () => {
  await access.onApplicationShutdown();
  await Promise.all([registry.drop(), second.stop()]);
});

describe('a new tenant', () => {
  it('goes to the emptiest open cluster, and its database is made there', async () => {
    const places = [await place(), await place(), await place(), await place()];
    expect(places.map(({ name }) => name)).toEqual(['main', 'west', 'main', 'west']);
    for (const { name, db_name: physical, cluster_id: id } of places.slice(0, 2)) {
      const provisioner = await access.open(id);
      await provisioner.prepare();
      await ensureTenantRole(provisioner.admin, physical, 'of-a-test');
      await ensureTenantDatabase(provisioner.admin, physical, physical);
      const other = name === 'main' ? 'west' : 'main';
      expect(await databasesOf(urls[name]!)).toContain(physical);
      expect(await databasesOf(urls[other]!)).not.toContain(physical);
      const as = new URL(urls[name]!);
      [as.username, as.password, as.pathname] = [physical, 'of-a-test', `/${physical}`];
      const tenant = new pg.Client({ connectionString: as.href });
      await tenant.connect();
      expect((await tenant.query('SELECT count(*)::int AS products FROM products')).rows).toEqual([{ products: 0 }]);
      await tenant.end();
      await dropTenant(provisioner.admin, physical, physical);
    }
  });

  it('goes where a smaller share of the places is taken', async () => {
    await setCluster('main', { maxTenants: 2 });
    await setCluster('west', { maxTenants: 6 });
    const names: string[] = [];
    for (let count = 0; count < 8; count++) names.push((await place()).name);
    expect(names.filter((name) => name === 'main')).toHaveLength(2);
    expect(names.slice(0, 4)).toEqual(['main', 'west', 'west', 'west']);
    expect(await codeOf(place())).toBe('cluster-full');
  });

  it('goes to the cluster that is named, unless that is full, closed or unknown', async () => {
    expect((await place({ cluster: 'west' })).name).toBe('west');
    await setCluster('west', { maxTenants: 1 });
    expect(await codeOf(place({ cluster: 'west' }))).toBe('cluster-full');
    await setCluster('west', { maxTenants: 9, state: 'draining' });
    expect(await codeOf(place({ cluster: 'west' }))).toBe('cluster-full');
    expect(await codeOf(place({ cluster: 'north' }))).toBe('validation');
  });

  it('is born again on the cluster it was asked for, and anywhere if none was', async () => {
    const bornAgainOn = async (wish: { cluster?: string }, emptiest: string): Promise<string> => {
      const id = randomUUID();
      await place({ id, ...wish });
      await registry.source.query(`DELETE FROM operations; UPDATE tenants SET state = 'failed'`);
      await place({ cluster: emptiest === 'main' ? 'west' : 'main' });
      await births.again(id, `s-${id}`, null);
      const [row] = await registry.source.query<[{ name: string }]>(
        'SELECT c.name FROM tenants t JOIN clusters c ON c.id = t.cluster_id WHERE t.id = $1',
        [id],
      );
      return row.name;
    };
    expect(await bornAgainOn({ cluster: 'west' }, 'main')).toBe('west');
    expect(await bornAgainOn({ cluster: 'main' }, 'west')).toBe('main');
    expect(await bornAgainOn({}, 'west')).toBe('west');
    expect(await bornAgainOn({}, 'main')).toBe('main');
  });

  it('is not in its own way to the last place', async () => {
    const id = randomUUID();
    await setCluster('main', { state: 'closed' });
    await setCluster('west', { maxTenants: 1 });
    await place({ id });
    await registry.source.query(`DELETE FROM operations; UPDATE tenants SET state = 'failed'`);
    await births.again(id, `s-${id}`, null);
    expect(await codeOf(place())).toBe('cluster-full');
  });

  it('takes the last place once, however many want it', async () => {
    await setCluster('main', { state: 'closed' });
    await setCluster('west', { maxTenants: 3 });
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => codeOf(place())));
    expect(outcomes.filter((outcome) => outcome !== 'cluster-full')).toEqual(['placed', 'placed', 'placed']);
  });

  it('gets its slug alone, however many want it', async () => {
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => codeOf(place({ slug: 'acme' }))));
    expect(outcomes.filter((outcome) => outcome !== 'slug-taken')).toEqual(['placed']);
  });

  it("leaves its first admin's password to nobody who can read the table", async () => {
    const id = randomUUID();
    await place({ id });
    const rows = await registry.source.query<object[]>('SELECT * FROM tenants WHERE id = $1', [id]);
    expect(JSON.stringify(rows)).toContain(admin.email);
    expect(JSON.stringify(rows)).not.toContain(admin.password);
  });
});

describe('the way into a cluster', () => {
  it('is sealed, kept open, and opened anew when it has changed', async () => {
    const { id, port, host } = (await clusters.findByName('west'))!;
    expect(await clusters.getProvisioner(id)).not.toContain('of-this-test-only');
    const before = await access.open(id);
    expect(await access.open(id)).toBe(before);
    await clusters.register({ name: 'west', host, port, provisioner: `${second.url}?application_name=other` });
    const after = await access.open(id);
    expect(after).not.toBe(before);
    expect((await after.admin.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('does not open with the seal of another cluster', async () => {
    const [main, west] = [(await clusters.findByName('main'))!, (await clusters.findByName('west'))!];
    await setCluster('main', { sealedProvisioner: await clusters.getProvisioner(west.id) });
    await expect(access.open(main.id)).rejects.toThrow(/does not open/);
  });
});
