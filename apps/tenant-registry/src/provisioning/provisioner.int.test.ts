import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLog } from '@tenantry/service-kit';
import { dropTenant, ensureTenantDatabase, ensureTenantRole } from '@tenantry/tenant-schema';
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

describe('a provisioner that is no superuser', () => {
  it('repeats each step of a birth that was cut short after it', async () => {
    for (let times = 0; times < 2; times++) await ensureTenantRole(access.admin, tenant, password);
    for (let times = 0; times < 2; times++) await ensureTenantDatabase(access.admin, tenant, tenant);
    expect(await canConnect(tenant)).toBe(true);
  });

  it('undoes it, and undoes it again', async () => {
    for (let times = 0; times < 2; times++) await dropTenant(access.admin, tenant, tenant);
    const { rows } = await superuser.query('SELECT 1 FROM pg_database WHERE datname = $1', [tenant]);
    const { rows: roles } = await superuser.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [tenant]);
    expect([rows, roles]).toEqual([[], []]);
  });
});
