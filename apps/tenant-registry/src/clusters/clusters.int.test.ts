import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLog, withRequest } from '@tenantry/service-kit';
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
let clusters: ClustersRepository;
let url: string;

beforeAll(async () => {
  [database, second] = await Promise.all([createRegistryDatabase([Cluster]), OwnPostgres.start()]);
  const rows = database.source.getRepository(Cluster);
  const log = createLog({ service: 'tenant-registry', instance: 'test', level: 'silent' });
  clusters = new ClustersRepository(rows, new Secrets(key));
  fleet = new ClusterFleetService(
    new ClusterCensus(rows),
    clusters,
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

  it('is known once: neither its name nor its server gets another', async () => {
    const { hostname: host, port } = new URL(url);
    for (const again of [
      { ...wish('eu-1'), host: 'elsewhere' },
      wish('eu-2'),
      { ...wish('eu-2'), host: host.toUpperCase(), port: Number(port) },
    ])
      await expect(fleet.register(again)).rejects.toMatchObject({ code: 'conflict' });
    expect((await fleet.list({ limit: 100 })).data.map(({ name }) => name)).toEqual(['eu-1']);
  });

  it('registered twice at once is so by one, and leads where that one said', async () => {
    const register = (name: string, host: string) =>
      clusters.insert({ name, host, port: 5432, provisioner: `postgres://p@${host}/postgres` });
    const madeBy = async (both: Promise<Cluster>[]): Promise<Cluster[]> => {
      const settled = await Promise.allSettled(both);
      for (const one of settled) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'conflict' });
      return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    };
    const [made, ...others] = await madeBy(['one', 'two', 'three'].map((host) => register('twin', host)));
    expect(others).toEqual([]);
    expect((await fleet.get(made!.id)).host).toBe(made!.host);
    expect(await madeBy(['a', 'b', 'c'].map((name) => register(name, 'same.example')))).toHaveLength(1);
    await database.source.query(`DELETE FROM clusters WHERE name <> 'eu-1'`);
  });

  it('has connections left for tenants, whoever says how many are reserved', async () => {
    for (const capacity of [{ reserve: 50 }, { maxConnections: 10 }, { maxConnections: 5, reserve: 5 }]) {
      const refused = fleet.register({ ...wish('small'), host: 'small.example', ...capacity });
      await expect(refused).rejects.toMatchObject({ code: 'validation', errors: [{ pointer: '/reserve' }] });
    }
  });

  it('beside a database that every role may enter is refused, and says which in the log alone', async () => {
    await onSecond('CREATE DATABASE "Wiki"');
    const refused = fleet.register({ ...wish('open'), host: 'open.example' });
    await expect(refused).rejects.toMatchObject({
      code: 'validation',
      cause: { message: /REVOKE CONNECT ON DATABASE "Wiki"/ },
    });
    await onSecond('REVOKE CONNECT ON DATABASE "Wiki" FROM PUBLIC');
    await fleet.register({ ...wish('open'), host: 'open.example' });
    await database.source.query(`DELETE FROM clusters WHERE name <> 'eu-1'`);
  });

  it('counts who lives there', async () => {
    await database.source.query(
      `INSERT INTO tenants (id, slug, name, state, plan, cluster_id, db_name, db_user)
       SELECT uuidv7(), s, s, CASE s WHEN 'b' THEN 'purged' ELSE 'active' END, 'free', id, s, s
       FROM clusters, unnest('{a,b,c}'::text[]) s`,
    );
    expect((await fleet.list({ limit: 100 })).data).toMatchObject([{ name: 'eu-1', tenants: 2 }]);
  });

  it('that has a database of a tenant is known, whatever its host is called now', async () => {
    const name = `t_${randomUUID().replaceAll('-', '')}`;
    await onSecond(`CREATE DATABASE ${name}`);
    await onSecond(`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`);
    const again = { ...wish('eu-3'), host: 'alias.example' };
    await database.source.query(`UPDATE tenants SET db_name = $1 WHERE slug = 'a'`, [name]);
    await expect(fleet.register(again)).rejects.toMatchObject({
      code: 'conflict',
      message: "This server is the cluster 'eu-1' already.",
    });
    expect((await fleet.list({ limit: 100 })).data.map((cluster) => cluster.name)).toEqual(['eu-1']);
    // A name alone is no sign: nobody's is left behind by whoever had the server before.
    await database.source.query(`UPDATE tenants SET db_name = 'a' WHERE slug = 'a'`);
    await expect(fleet.register(again)).resolves.toMatchObject({ host: 'alias.example' });
    await database.source.query(`DELETE FROM clusters WHERE name <> 'eu-1'`);
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

  it('is changed in the version that was seen, by one of two', async () => {
    const [{ id } = { id: '' }] = (await fleet.list({ limit: 1 })).data;
    const { version } = await fleet.get(id);
    const update = (change: object) =>
      withRequest(
        {
          ...{ requestId: 'r', traceparent: undefined, deadlineAt: performance.now() + 5000 },
          ifMatch: `"${id}.${version}"`,
          caller: { subject: 'operator:x', userId: null, tenantId: null, session: null, permissions: [] },
        },
        () => fleet.update({ id, ...change }),
      );
    // Each is right for what was seen, both together are not.
    const both = await Promise.allSettled([update({ reserve: 45 }), update({ maxConnections: 40 })]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await expect(update({ state: 'closed' })).rejects.toMatchObject({ code: 'precondition-failed' });
    expect((await fleet.get(id)).version).toBe(version + 1);
  });
});
