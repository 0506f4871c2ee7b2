import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLog, openSecret } from '@tenantry/service-kit';
import { Cluster } from '../clusters/cluster.entity.js';
import { ClustersRepository } from '../clusters/clusters.repository.js';
import { adminPassword, databasePassword, provisionerUrl, Secrets } from '../secrets.js';
import { createRegistryDatabase, type RegistryDatabase } from '../test/registry-database.js';
import { RewrapSecrets } from './rewrap-secrets.js';

const [before, next] = [randomBytes(32), randomBytes(32)];
const lines: string[] = [];
const log = createLog(
  { service: 'tenant-registry', instance: 'test', level: 'error' },
  { write: (line: string) => void lines.push(line) },
);

interface Row {
  id: string;
  data_key: string;
  db_password: string;
  generation: string;
  sealed_admin: string;
}

let registry: RegistryDatabase;
let cluster: Cluster;
/** More than one batch. */
const ids = Array.from({ length: 120 }, () => randomUUID());

const rows = (): Promise<Row[]> =>
  registry.source.query(
    `SELECT id, data_key, db_password, generation, first_admin ->> 'sealedPassword' AS sealed_admin FROM tenants ORDER BY id`,
  );
const run = async (): Promise<void> => {
  const action = new RewrapSecrets(
    registry.source,
    new Secrets({ MASTER_KEY: next, MASTER_KEY_PREVIOUS: before }),
    log,
  );
  const job = { operationId: randomUUID(), tenantId: null, requestId: 'test' };
  for (const step of action.steps) await step.work(job);
};

beforeAll(async () => {
  registry = await createRegistryDatabase([Cluster]);
  const secrets = new Secrets({ MASTER_KEY: before });
  const clusters = new ClustersRepository(registry.source.getRepository(Cluster), secrets);
  cluster = await clusters.register({ name: 'main', host: 'db', port: 5432, provisioner: 'postgres://p@db/postgres' });
  for (const id of ids) {
    const key = await secrets.newKey(id);
    const admin = {
      email: 'a@b.example',
      sealedPassword: await secrets.seal(`admin of ${id}`, adminPassword(id), key),
    };
    await registry.source.query(
      `INSERT INTO tenants (id, slug, name, state, plan, cluster_id, db_name, db_user, data_key, db_password, first_admin)
       VALUES ($1, $2, 'Test', 'active', 'standard', $3, $2, $2, $4, $5, $6)`,
      [id, `t_${id}`, cluster.id, key, await secrets.seal(`password of ${id}`, databasePassword(id), key), admin],
    );
  }
});
afterAll(() => registry.drop());

describe('re-wrapping under a new master key', () => {
  it('lets whoever has both keys read everything at any moment, and whoever has the new one afterwards', async () => {
    const generations = (await rows()).map(({ generation }) => generation);
    let isOver = false;
    let readings = 0;
    const reader = (async () => {
      while (!isOver) {
        for (const { id, db_password: password } of await rows())
          expect(await openSecret(password, [next, before], databasePassword(id))).toBe(`password of ${id}`);
        readings++;
      }
    })();
    await run();
    isOver = true;
    await reader;
    expect(readings).toBeGreaterThan(1);
    for (const { id, data_key: key, db_password: password, sealed_admin: admin } of await rows()) {
      expect(await openSecret(password, next, databasePassword(id))).toBe(`password of ${id}`);
      expect(await openSecret(admin, next, adminPassword(id))).toBe(`admin of ${id}`);
      expect(password.startsWith(key.split('.').slice(0, 3).join('.'))).toBe(true);
    }
    const [{ url }] = await registry.source.query<[{ url: string }]>('SELECT provisioner_url AS url FROM clusters');
    expect(await openSecret(url, next, provisionerUrl(cluster.id))).toBe('postgres://p@db/postgres');
    // Nobody has to open connections anew for it.
    expect((await rows()).map(({ generation }) => generation)).toEqual(generations);
  });

  it('leaves what is wrapped with the present key as it is', async () => {
    const first = await rows();
    await run();
    expect(await rows()).toEqual(first);
  });

  it('raises an alarm for what does not open, leaves it, and does all else', async () => {
    const stale = new Secrets({ MASTER_KEY: before });
    const [swapped, other, third] = ids;
    await registry.source.query('UPDATE tenants SET db_password = $2 WHERE id = $1', [
      swapped,
      await stale.seal('x', databasePassword(other!)),
    ]);
    await registry.source.query('UPDATE tenants SET db_password = $2 WHERE id = $1', [
      third,
      await stale.seal('y', databasePassword(third!)),
    ]);
    await expect(run()).rejects.toThrow('1 could not be read');
    const found = await rows();
    const of = (id: string | undefined) => found.find((row) => row.id === id)!.db_password;
    expect(await openSecret(of(third), next, databasePassword(third!))).toBe('y');
    await expect(openSecret(of(swapped), [next, before], databasePassword(swapped!))).rejects.toThrow();
    expect(lines.filter((line) => line.includes('ALARM') && line.includes(swapped!))).toHaveLength(1);
  });
});
