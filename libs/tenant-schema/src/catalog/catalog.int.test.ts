import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTenantDatabase, type TenantDatabase } from '@tenantry/testing';
import { catalogOfVersion } from './catalog-of-version.js';
import { differenceOf, fingerprintOf, readCatalog } from './catalog.js';
import { migrateTenant } from '../migrate-tenant.js';
import { migrations, schemaVersion } from '../migrations/index.js';
import { createDatabase } from '../test/database.js';
import { asSuperuser, asTenant, createProvisioner, type Provisioner } from '../test/provisioner.js';

let cluster: Provisioner;
let acme: TenantDatabase;

beforeAll(async () => {
  [cluster, acme] = await Promise.all([createProvisioner(), createTenantDatabase()]);
});
afterAll(async () => {
  await acme.drop();
  await cluster.leave();
});

const catalogOf = async (database: string): Promise<readonly string[]> => {
  const client = await cluster.connect(database);
  return readCatalog(client).finally(() => client.end());
};

describe("a tenant database's catalog", () => {
  it('is the same for one that was born with it, and one that was brought to it from any older version', async () => {
    const born = await catalogOf(acme.database);
    for (let version = 1; version < schemaVersion; version++) {
      const old = await createDatabase(cluster, migrations.slice(0, version));
      const client = await cluster.connect(old.database);
      const before = fingerprintOf(await readCatalog(client));
      const change = await migrateTenant(client);
      await client.end();
      const after = await catalogOf(old.database);
      await old.drop();
      expect({ version, change, difference: differenceOf(born, after) }).toEqual({
        version,
        change: { from: version, to: schemaVersion },
        difference: [],
      });
      expect(before).not.toBe(fingerprintOf(born));
      expect(fingerprintOf(after)).toBe(fingerprintOf(born));
    }
  });

  it('is that of its version', async () => {
    expect(differenceOf(await catalogOfVersion(cluster, schemaVersion), await catalogOf(acme.database))).toEqual([]);
  });

  it('is the same whoever asks', async () => {
    const sessions = [cluster.connect(acme.database), asSuperuser(acme.database), asTenant(acme)];
    const [expected, ...others] = await Promise.all(
      sessions.map(async (connecting) => {
        const client = await connecting;
        return readCatalog(client).finally(() => client.end());
      }),
    );
    expect(expected!.length).toBeGreaterThan(150);
    for (const other of others) expect(differenceOf(expected!, other)).toEqual([]);
  });

  it.each([
    ['search_path', 'pg_catalog'],
    ['search_path', 'public'],
    ['quote_all_identifiers', 'on'],
    ['TimeZone', 'Asia/Tokyo'],
    ['DateStyle', 'German'],
    ['IntervalStyle', 'iso_8601'],
    ['bytea_output', 'escape'],
    ['extra_float_digits', '-5'],
  ])('is the same where %s is %s', async (name, value) => {
    const client = await asSuperuser(acme.database);
    await client.query(`BEGIN; CREATE TABLE written (
      a timestamptz DEFAULT '2026-01-31 12:00Z', b interval DEFAULT '1 day 2 hours', c bytea DEFAULT 'abc', d float DEFAULT '0.1234567890123')`);
    const expected = await readCatalog(client);
    await client.query(`SET LOCAL ${name} = '${value}'`);
    const actual = await readCatalog(client);
    await client.end();
    expect(differenceOf(expected, actual)).toEqual([]);
  });
});
