import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLog } from '@tenantry/service-kit';
import { testServers } from '@tenantry/testing';
import { Cluster } from '../clusters/cluster.entity.js';
import { Provisioner } from '../provisioning/provisioner.js';
import { Plan } from '../tenants/plan.entity.js';
import { TenantRow } from '../tenants/tenant.entity.js';
import { createRegistryDatabase, type RegistryDatabase } from '../test/registry-database.js';
import { SizeBounds } from './size-bounds.js';

const log = createLog({ service: 'tenant-registry', instance: 'test', level: 'silent' });
let databases: RegistryDatabase[];
let ids: string[];
let asked: string[][];
let provisioner: Provisioner;
let told: number[];
let isAway: boolean;

/** Two tenants of one cluster, whose databases are real ones. */
beforeAll(async () => {
  databases = await Promise.all([createRegistryDatabase([TenantRow, Cluster, Plan]), createRegistryDatabase([])]);
  await central().query(`INSERT INTO clusters (name, host, port) VALUES ('main', 'localhost', 5432)`);
  provisioner = new Provisioner(testServers().postgresUrl, log);
});
afterAll(async () => {
  await provisioner?.close();
  await Promise.all((databases ?? []).map((database) => database.drop()));
});
beforeEach(async () => {
  [asked, told, isAway] = [[], [], false];
  await central().query('DELETE FROM tenants');
  const names = databases.map(({ url }) => new URL(url).pathname.slice(1));
  const rows = await central().query<{ id: string }[]>(
    `INSERT INTO tenants (id, slug, name, state, plan, cluster_id, db_name, db_user)
     SELECT uuidv7(), n, n, 'active', 'standard', c.id, n, n FROM clusters c, unnest($1::text[]) n RETURNING id`,
    [names],
  );
  ids = rows.map(({ id }) => id);
});

const central = () => databases[0]!.source;

/** With the server of this run for their cluster. */
function boundsOf({ everySeconds = 60 } = {}): SizeBounds {
  const cluster: Pick<Provisioner, 'readSizes'> = {
    readSizes: async (names) => {
      asked.push([...names]);
      if (isAway) throw new Error('away');
      return provisioner.readSizes(names);
    },
  };
  return new SizeBounds(
    central().getRepository(TenantRow),
    { open: async () => cluster as Provisioner },
    { say: ({ generation }) => void told.push(generation) },
    { DATABASE_SIZE_SECONDS: everySeconds },
    log,
  );
}
const limit = (id: string, maxDatabaseBytes: number) =>
  central().query(`UPDATE tenants SET limits = $2 WHERE id = $1`, [id, { maxDatabaseBytes }]);
const row = async (id: string) =>
  (
    await central().query<{ database_full: boolean; generation: string }[]>('SELECT * FROM tenants WHERE id = $1', [id])
  )[0]!;

describe('a tenant in use', () => {
  it('whose database has grown beyond its limit is full from a new generation on, of which all are told', async () => {
    const [small, large] = ids as [string, string];
    await limit(small, 1);
    const before = await row(small);
    await boundsOf().look(ids);
    const after = await row(small);
    expect(after.database_full).toBe(true);
    expect(Number(after.generation)).toBeGreaterThan(Number(before.generation));
    expect(told).toEqual([Number(after.generation)]);
    expect((await row(large)).database_full).toBe(false);
  });

  it('has room again once its limit is above its size, and is not told of while nothing changes', async () => {
    await limit(ids[0]!, 1);
    await boundsOf().look(ids);
    await boundsOf().look(ids);
    expect(told).toHaveLength(1);
    await limit(ids[0]!, 1e12);
    await boundsOf().look(ids);
    expect((await row(ids[0]!)).database_full).toBe(false);
    expect(told).toHaveLength(2);
  });

  it('is seen with all others of its cluster by one statement, once in an interval', async () => {
    const bounds = boundsOf();
    await bounds.look(ids);
    await bounds.look(ids);
    expect(asked).toHaveLength(1);
    const often = boundsOf({ everySeconds: 0.05 });
    await often.look(ids);
    await sleep(60);
    await often.look(ids);
    expect(asked).toHaveLength(3);
  });

  it('whose cluster is away stays as it was seen last', async () => {
    await limit(ids[0]!, 1);
    await boundsOf().look(ids);
    isAway = true;
    await limit(ids[0]!, 1e12);
    await boundsOf().look(ids);
    expect((await row(ids[0]!)).database_full).toBe(true);
    expect(told).toHaveLength(1);
  });
});

it('who is not in use is not looked at', async () => {
  await boundsOf().look([ids[1]!]);
  expect(asked.flat()).not.toContain(new URL(databases[0]!.url).pathname.slice(1));
});
