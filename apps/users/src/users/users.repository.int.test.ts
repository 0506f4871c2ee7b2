import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createTenantDatabase, type TenantDatabase } from '@tenantry/testing';
import { CredentialsRepository } from '../credentials/credentials.repository.js';
import { Role } from '../roles/role.entity.js';
import { RolesRepository } from '../roles/roles.repository.js';
import { startBus, type Bus } from '../test/bus.js';
import { UsersRepository } from './users.repository.js';

let tenant: TenantDatabase;
let bus: Bus;

let users: UsersRepository;
let roles: RolesRepository;
let credentials: CredentialsRepository;

beforeAll(async () => {
  tenant = await createTenantDatabase();
  bus = await startBus([tenant]);
  users = bus.inTenant(tenant, UsersRepository);
  credentials = bus.inTenant(tenant, CredentialsRepository);
  roles = bus.inTenant(tenant, RolesRepository);
});
afterAll(async () => {
  await bus.close();
  await tenant.drop();
});

const insert = async (email: string, names: string[] = ['member']) =>
  users.insert({
    email,
    passwordHash: `hash of ${email}`,
    firstName: 'Ada',
    lastName: 'Lovelace',
    roles: await roles.findByNames(names),
  });

describe('a user in the database', () => {
  it('comes back as it was written, with its roles and its times as text', async () => {
    const written = await insert('ada@acme.test', ['viewer', 'manager']);
    const found = await users.find(written.id);
    expect(found).toMatchObject({ email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace', active: true });
    expect(found?.roleNames).toEqual(['manager', 'viewer']);
    expect(found?.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect({ ...written, passwordHash: undefined }).toEqual({
      ...found,
      roles: written.roles,
      passwordHash: undefined,
    });
  });

  it('never brings its password hash along unless credentials are asked for', async () => {
    const { id } = await insert('grace@acme.test');
    expect((await users.find(id))?.passwordHash).toBeUndefined();
    expect((await users.findPage(1, undefined))[0]?.passwordHash).toBeUndefined();
    expect(await credentials.findByEmail('grace@acme.test')).toMatchObject({
      id,
      active: true,
      passwordHash: 'hash of grace@acme.test',
    });
  });

  it('is refused when its e-mail is taken, and leaves nothing behind', async () => {
    await insert('once@acme.test');
    await expect(insert('once@acme.test')).rejects.toMatchObject({ code: 'email-taken' });
    const { rows } = await tenant.query(`SELECT count(*)::int FROM users WHERE email = 'once@acme.test'`);
    expect(rows).toEqual([{ count: 1 }]);
  });

  it('is not there without its roles', async () => {
    const gone = Object.assign(new Role(), { id: randomUUID(), name: 'gone' });
    const half = { email: 'half@acme.test', passwordHash: 'x', firstName: 'H', lastName: 'F', roles: [gone] };
    await expect(users.insert(half)).rejects.toThrow(/foreign key/);
    expect(await users.findIdByEmail('half@acme.test')).toBeUndefined();
  });

  it('that is unknown is no error', async () => {
    expect(await users.find(randomUUID())).toBeNull();
    expect(await users.findIdByEmail('nobody@acme.test')).toBeUndefined();
    expect(await credentials.findByEmail('nobody@acme.test')).toBeNull();
  });
});

describe('a page of users', () => {
  it('goes from the newest to the oldest, with nobody twice or missed while others come', async () => {
    for (let number = 0; number < 7; number++) await insert(`page-${number}@acme.test`, ['viewer', 'member']);
    const all = (await users.findPage(100, undefined)).map(({ id }) => id);
    const seen: string[] = [];
    for (let page = await users.findPage(3, undefined); page.length > 0; page = await users.findPage(3, seen.at(-1))) {
      seen.push(...page.map(({ id }) => id));
      await insert(`meanwhile-${seen.length}@acme.test`);
    }
    expect(seen).toEqual(all);
    expect(all).toEqual([...all].sort().reverse());
  });

  it('counts people, not their roles', async () => {
    await insert('one@acme.test');
    await insert('many@acme.test', ['admin', 'manager', 'member', 'viewer']);
    const page = await users.findPage(2, undefined);
    expect(page.map(({ roleNames }) => roleNames.length)).toEqual([4, 1]);
  });
});

describe('a user without roles', () => {
  it('has none, and is there', async () => {
    const { id } = await insert('none@acme.test', []);
    expect((await users.find(id))?.roleNames).toEqual([]);
  });
});

describe('roles', () => {
  it('are found once each, and only those that exist', async () => {
    const found = await roles.findByNames(['viewer', 'nonesuch', 'viewer']);
    expect(found.map(({ name }) => name)).toEqual(['viewer']);
  });
});
