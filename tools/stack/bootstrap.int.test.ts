import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { join } from 'node:path';
import pg from 'pg';
import { bootstrap } from './bootstrap.ts';
import { scratchDir } from './scratch.ts';
import { start } from './servers/postgres.ts';
import type { Started } from './servers/start-server.ts';

// A cluster of its own: roles and rights on template1 are the whole cluster's, and other tests share the common one.
const dir = scratchDir();
const passwords = { tenant_registry: `it's "quoted"`, auth: 'auth-password', provisioner: 'provisioner-password' };
let server: Started;

beforeAll(async () => {
  server = await start({ dir: join(dir.path, 'postgres'), password: 'administrator', fsync: false });
  await bootstrap(server.url, passwords);
}, 60_000);

afterAll(async () => {
  await server?.stop();
  dir[Symbol.dispose]();
});

async function ask(
  role: string,
  password: string,
  database: string,
  sql = 'SELECT current_user AS answer',
): Promise<unknown> {
  const { hostname, port } = new URL(server.url);
  const client = new pg.Client({ host: hostname, port: Number(port), user: role, password, database });
  await client.connect();
  try {
    const { rows } = await client.query<{ answer: unknown }>(sql);
    return rows[0]?.answer;
  } finally {
    await client.end();
  }
}

test('each role enters the database it is for', async () => {
  expect(await ask('tenant_registry', passwords.tenant_registry, 'registry')).toBe('tenant_registry');
  expect(await ask('auth', passwords.auth, 'auth')).toBe('auth');
  expect(await ask('provisioner', passwords.provisioner, 'postgres')).toBe('provisioner');
});

test.each([
  ['auth', 'registry'],
  ['tenant_registry', 'auth'],
  ['provisioner', 'registry'],
  ['provisioner', 'auth'],
  ['auth', 'postgres'],
  ['tenant_registry', 'template1'],
] as const)('%s is not let into %s', async (role, database) => {
  await expect(ask(role, passwords[role], database)).rejects.toMatchObject({ code: '42501' });
});

test('the provisioner makes databases and roles, and is no superuser', async () => {
  await ask('provisioner', passwords.provisioner, 'postgres', 'CREATE ROLE someone');
  await ask('provisioner', passwords.provisioner, 'postgres', 'CREATE DATABASE somewhere');
  const superuser = `SELECT rolsuper AS answer FROM pg_roles WHERE rolname = current_user`;
  expect(await ask('provisioner', passwords.provisioner, 'postgres', superuser)).toBe(false);
});

test('a second time changes nothing but passwords', async () => {
  await bootstrap(server.url, { ...passwords, auth: 'another' });
  expect(await ask('auth', 'another', 'auth')).toBe('auth');
  await expect(ask('auth', passwords.auth, 'auth')).rejects.toMatchObject({ code: '28P01' });
});
