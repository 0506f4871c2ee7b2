import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLog } from '@tenantry/service-kit';
import { dropTenant, ensureTenantDatabase, ensureTenantRole, prepareCluster } from '@tenantry/tenant-schema';
import { OwnPostgres, until, Wire, within } from '@tenantry/testing';
import pg from 'pg';
import { Provisioner } from './provisioner.js';

const log = createLog({ service: 'tenant-registry', instance: 'test', level: 'silent' });
const lockName = 't_of_this_test';

let postgres: OwnPostgres;
let superuser: pg.Client;

beforeAll(async () => {
  postgres = await OwnPostgres.start();
  superuser = new pg.Client({ connectionString: postgres.url });
  await superuser.connect();
  await superuser.query('REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC');
}, 60_000);
afterAll(async () => {
  await superuser?.end();
  await postgres?.stop();
});

describe('a cluster that swallows packets', () => {
  it('fails a step in time, whose connection is not used again and whose lock is free for the next try', async () => {
    const wire = await Wire.lay(postgres.url);
    const provisioner = new Provisioner(wire.url, log, 500);
    const step = provisioner.alone(lockName, async (session) => {
      wire.fallSilent();
      await session.query('SELECT 1');
    });
    await expect(within(5000, step)).rejects.toThrow('Query read timeout');
    // Before the server has noticed, somebody else holds the lock.
    await until('the next try is done', 10_000, () => provisioner.alone(lockName, async () => true));
    wire.fallSilent();
    await expect(within(5000, provisioner.readMaxConnections())).rejects.toThrow('Query read timeout');
    expect(await within(5000, provisioner.readMaxConnections())).toBeGreaterThan(0);
    await provisioner.close();
    wire.remove();
  });
});

describe('a template', () => {
  it('is built where none but its builder may enter', async () => {
    const provisioner = new Provisioner(postgres.url, log);
    const open: unknown[] = [];
    await provisioner.onItsOwn((cluster) =>
      prepareCluster({
        ...cluster,
        connect: async (database) => {
          const { rows } = await superuser.query<{ datname: string }>(
            `SELECT datname FROM pg_database WHERE datname = $1 AND has_database_privilege('public', oid, 'CONNECT, TEMP')`,
            [database],
          );
          open.push(database, ...rows);
          return cluster.connect(database);
        },
      }),
    );
    await provisioner.close();
    expect(open).toEqual([expect.stringMatching(/^tenantry_template_.*_building$/)]);
  });
});

describe('a cluster whose template or group roles are gone', () => {
  const born = async (provisioner: Provisioner): Promise<string> => {
    const name = `t_${randomBytes(6).toString('hex')}`;
    await provisioner.prepare();
    await provisioner.alone(name, async (session) => {
      await ensureTenantRole(session, name, 'of-this-test');
      await ensureTenantDatabase(session, name, name);
    });
    return name;
  };

  it.each(['the template', 'everything'])('fails one try without %s, and serves the next', async (what) => {
    const provisioner = new Provisioner(postgres.url, log);
    const first = await born(provisioner);
    const { rows } = await superuser.query<{ datname: string }>(
      `SELECT datname FROM pg_database WHERE datname LIKE 'tenantry_template_%'`,
    );
    for (const { datname } of rows) await superuser.query(`DROP DATABASE ${datname}`);
    await dropTenant(superuser, first, first);
    // As a server that was built anew.
    if (what === 'everything')
      await superuser.query('DROP OWNED BY tenant_owner, tenant_member; DROP ROLE tenant_owner, tenant_member');
    await expect(born(provisioner)).rejects.toMatchObject({ code: what === 'everything' ? '42704' : '3D000' });
    const second = await born(provisioner);
    await dropTenant(superuser, second, second);
    await provisioner.close();
  });
});
