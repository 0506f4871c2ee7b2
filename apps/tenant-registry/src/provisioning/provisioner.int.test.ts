import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLog } from '@tenantry/service-kit';
import { dropTenant, ensureTenantDatabase, ensureTenantRole, type SqlClient } from '@tenantry/tenant-schema';
import { createTenantDatabase, type TenantDatabase, testServers } from '@tenantry/testing';
import pg from 'pg';
import { Provisioner } from './provisioner.js';

const suffix = randomBytes(6).toString('hex');
const provisioner = `provisioner_${suffix}`;
const tenant = `t_${suffix}`;
const password = randomBytes(32).toString('base64url');

const urlAs = (role: string, database: string): string => {
  const url = new URL(testServers().postgresUrl);
  [url.username, url.password, url.pathname] = [role, password, `/${database}`];
  return url.href;
};

const canConnect = async (database: string): Promise<boolean> => {
  const client = new pg.Client({ connectionString: urlAs(tenant, database) });
  try {
    await client.connect();
    await client.query('SELECT count(*) FROM products');
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
};

let superuser: pg.Client;
let other: TenantDatabase;
let access: Provisioner;

beforeAll(async () => {
  // Makes the group roles and the template, as a provisioner before this one has.
  other = await createTenantDatabase();
  superuser = new pg.Client({ connectionString: testServers().postgresUrl });
  await superuser.connect();
  // As the stack's bootstrap makes it: no superuser.
  await superuser.query(`CREATE ROLE ${provisioner} LOGIN CREATEDB CREATEROLE PASSWORD '${password}'`);
  await superuser.query(`GRANT CONNECT ON DATABASE postgres TO ${provisioner}`);
  await superuser.query(`GRANT tenant_owner, tenant_member TO ${provisioner} WITH ADMIN TRUE`);
  const log = createLog({ service: 'tenant-registry', instance: 'test', level: 'silent' });
  access = new Provisioner(urlAs(provisioner, 'postgres'), log);
});
afterAll(async () => {
  await dropTenant(access.admin, tenant, tenant);
  await access.close();
  await superuser.query(`REVOKE CONNECT ON DATABASE postgres FROM ${provisioner}`);
  await superuser.query(`DROP OWNED BY ${provisioner}; DROP ROLE ${provisioner}`);
  await superuser.end();
  await other.drop();
});

const make = async (client: SqlClient): Promise<void> => {
  await ensureTenantRole(client, tenant, password);
  await ensureTenantDatabase(client, tenant, tenant);
};
const undo = (client: SqlClient): Promise<void> => dropTenant(client, tenant, tenant);
/** The databases and roles of that name. */
const left = async (): Promise<unknown[]> => {
  const { rows } = await superuser.query<{ name: string }>(
    'SELECT datname AS name FROM pg_database WHERE datname = $1 UNION ALL SELECT rolname FROM pg_roles WHERE rolname = $1',
    [tenant],
  );
  return rows;
};

class Cut extends Error {}
/** As a process that ends: the statements of one number and above are never sent. */
class CutClient implements SqlClient {
  sent = 0;

  constructor(private readonly before: number) {}

  query(sql: string): ReturnType<SqlClient['query']> {
    if (this.sent + 1 >= this.before) return Promise.reject(new Cut());
    this.sent++;
    return access.admin.query(sql);
  }
}
/** Cut before each of its statements, one after the other. */
async function* cuts(work: (client: SqlClient) => Promise<void>): AsyncGenerator<number> {
  for (let before = 1; ; before++) {
    const isCut = await work(new CutClient(before)).then(
      () => false,
      (error: unknown) => error instanceof Cut || Promise.reject(error as Error),
    );
    yield before;
    if (!isCut) return;
  }
}

describe('a provisioner that is no superuser', () => {
  it('repeats each step of a birth that was cut short after it', async () => {
    for (let times = 0; times < 2; times++) await ensureTenantRole(access.admin, tenant, password);
    for (let times = 0; times < 2; times++) await ensureTenantDatabase(access.admin, tenant, tenant);
    expect(await canConnect(tenant)).toBe(true);
  });

  it('undoes it, and undoes it again', async () => {
    for (let times = 0; times < 2; times++) await dropTenant(access.admin, tenant, tenant);
    expect(await left()).toEqual([]);
  });

  it('undoes it though a process that it may not end is in the database for a moment, as one of autovacuum may be', async () => {
    await make(access.admin);
    const url = new URL(testServers().postgresUrl);
    url.pathname = `/${tenant}`;
    const inside = new pg.Client({ connectionString: url.href });
    await inside.connect();
    const undone = undo(access.admin);
    await sleep(300);
    await inside.end();
    await undone;
    expect(await left()).toEqual([]);
  });

  it('makes a usable tenant of a birth that was cut before any of its statements, and nothing else', async () => {
    let statements = 0;
    for await (const before of cuts(make)) {
      statements = before;
      await make(access.admin);
      expect({ before, isUsable: await canConnect(tenant) }).toEqual({ before, isUsable: true });
      await undo(access.admin);
      expect({ before, left: await left() }).toEqual({ before, left: [] });
    }
    expect(statements).toBeGreaterThan(8);
  });

  it('leaves nothing of a birth that was cut before any of its statements, nor of an undoing that was', async () => {
    for await (const before of cuts(make)) {
      await undo(access.admin);
      expect({ before, left: await left() }).toEqual({ before, left: [] });
    }
    await make(access.admin);
    for await (const before of cuts(undo)) {
      await undo(access.admin);
      expect({ before, left: await left() }).toEqual({ before, left: [] });
      await make(access.admin);
    }
  });
});
