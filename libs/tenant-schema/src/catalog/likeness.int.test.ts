import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTenantDatabase, type TenantDatabase } from '@tenantry/testing';
import { fingerprintOf, readCatalog } from './catalog.js';
import { modelOfVersion } from './catalog-of-version.js';
import { compareWith, type VersionModel } from './likeness.js';
import { migrateTenant } from '../migrate-tenant.js';
import { migrations, schemaVersion } from '../migrations/index.js';
import type { SqlClient } from '../sql-client.js';
import { createDatabase } from '../test/database.js';
import { asSuperuser, createProvisioner, type Provisioner } from '../test/provisioner.js';

let cluster: Provisioner;
let acme: TenantDatabase;
let model: VersionModel;

beforeAll(async () => {
  [cluster, acme] = await Promise.all([createProvisioner(), createTenantDatabase()]);
  model = await modelOfVersion(cluster, schemaVersion);
});
afterAll(async () => {
  await acme.drop();
  await cluster.leave();
});

/** What was found, and how many questions that took: the second one is for the whole catalog. */
async function compared(database: string): Promise<{ found: Awaited<ReturnType<typeof compareWith>>; asked: number }> {
  const client = await cluster.connect(database);
  let asked = 0;
  const counting: SqlClient = {
    query: (sql) => {
      asked++;
      return client.query(sql);
    },
  };
  try {
    return { found: await compareWith(model, counting), asked };
  } finally {
    await client.end();
  }
}

describe("a tenant's database beside the model of its version", () => {
  it('is known by its shape, made from the template or brought there from any version', async () => {
    const same = { found: { fingerprint: model.fingerprint, difference: [] }, asked: 1 };
    expect(await compared(acme.database)).toEqual(same);
    for (let version = 1; version < schemaVersion; version++) {
      const old = await createDatabase(cluster, migrations.slice(0, version));
      const client = await cluster.connect(old.database);
      await migrateTenant(client).finally(() => client.end());
      expect({ version, ...(await compared(old.database)) }).toEqual({ version, ...same });
      await old.drop();
    }
  });

  it('is looked at in whole where its shape is another, and may be the same for all that', async () => {
    const superuser = await asSuperuser(acme.database);
    await superuser.query('ALTER TABLE users ADD x int');
    expect(await compared(acme.database)).toEqual({
      found: {
        fingerprint: fingerprintOf(await readCatalog(superuser)),
        difference: ['+ column public.users.x integer'],
      },
      asked: 2,
    });
    await superuser.query(
      'ALTER TABLE users DROP x; ALTER TABLE users RENAME TO people; ALTER TABLE people RENAME TO users',
    );
    expect((await compared(acme.database)).found).toEqual({ fingerprint: model.fingerprint, difference: [] });
    await superuser.end();
  });

  it('is always looked at in whole by a model that has no shape', async () => {
    const client = await cluster.connect(acme.database);
    expect(await compareWith({ ...model, shape: undefined, catalog: model.catalog.slice(1) }, client)).toEqual({
      fingerprint: model.fingerprint,
      difference: [`+ ${model.catalog[0]!}`],
    });
    await client.end();
  });
});
