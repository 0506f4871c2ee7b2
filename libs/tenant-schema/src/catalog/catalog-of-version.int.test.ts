import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { within } from '@tenantry/testing';
import type pg from 'pg';
import { catalogOfVersion } from './catalog-of-version.js';
import type { Cluster } from '../cluster.js';
import { schemaVersion } from '../migrations/index.js';
import { asSuperuser, createProvisioner, type Provisioner } from '../test/provisioner.js';

const boundMs = 20_000;

let cluster: Provisioner;
let superuser: pg.Client;

beforeAll(async () => {
  cluster = await createProvisioner();
  superuser = await asSuperuser('postgres');
});
afterAll(async () => {
  await superuser.end();
  await cluster.leave();
});

const isThere = async (database: string): Promise<boolean> => {
  const { rows } = await superuser.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
  return rows.length > 0;
};

/** A cluster that does this when it is asked for the scratch database, by its name. */
const meeting = (work: (scratch: string) => Promise<void>): Cluster => ({
  admin: cluster.admin,
  connect: async (database) => {
    if (database !== 'postgres') await work(database);
    return cluster.connect(database);
  },
});

/** Ends every session that the provisioner has beside its first one, as its process's end does. */
const endSessions = async (): Promise<void> => {
  const { rows } = await cluster.admin.query('SELECT pg_backend_pid() AS pid');
  await superuser.query(
    'SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = $1 AND pid <> $2',
    [cluster.role, rows[0]!['pid']],
  );
};

describe('the catalog of a version', () => {
  it('is another for each, and the same each time', async () => {
    const [first, again, second] = [
      await catalogOfVersion(cluster, 1),
      await catalogOfVersion(cluster, 1),
      await catalogOfVersion(cluster, 2),
    ];
    expect(again).toEqual(first);
    expect(second).not.toEqual(first);
  });

  it('is there for versions that there are', async () => {
    for (const version of [0, 1.5, schemaVersion + 1])
      await expect(catalogOfVersion(cluster, version)).rejects.toThrow(RangeError);
  });
});

describe('the scratch database that it is read in', () => {
  it('is gone afterwards, and nobody else may enter it meanwhile', async () => {
    let scratch = '';
    await catalogOfVersion(
      meeting(async (database) => {
        scratch = database;
        const { rows } = await superuser.query(`SELECT has_database_privilege('public', $1, 'CONNECT') AS is_open`, [
          database,
        ]);
        expect(rows).toEqual([{ is_open: false }]);
      }),
      1,
    );
    expect(scratch).toMatch(/^tenantry_scratch_/);
    expect(await isThere(scratch)).toBe(false);
  });

  it('is gone after a failure', async () => {
    let scratch = '';
    const failing = meeting((database) => {
      scratch = database;
      return Promise.reject(new Error('no more connections'));
    });
    await expect(catalogOfVersion(failing, 1)).rejects.toThrow('no more connections');
    expect(await isThere(scratch)).toBe(false);
  });

  it('of a process that was ended is dropped by the next call', async () => {
    let scratch = '';
    const ended = meeting(async (database) => {
      scratch = database;
      await endSessions();
      throw new Error('ended');
    });
    await expect(catalogOfVersion(ended, 1)).rejects.toThrow('ended');
    expect(await isThere(scratch)).toBe(true);
    await catalogOfVersion(cluster, 1);
    expect(await isThere(scratch)).toBe(false);
  });

  it('is left alone by others that read one at the same time', async () => {
    const expected = await catalogOfVersion(cluster, 1);
    const inside = await catalogOfVersion(
      meeting(async (database) => {
        // It is made, and nobody is connected to it.
        expect(await within(boundMs, catalogOfVersion(cluster, 1))).toEqual(expected);
        expect(await isThere(database)).toBe(true);
      }),
      1,
    );
    expect(inside).toEqual(expected);
    const several = await Promise.all([1, 1, 1].map((version) => catalogOfVersion(cluster, version)));
    expect(several).toEqual([expected, expected, expected]);
  });
});
