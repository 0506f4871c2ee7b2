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
      emailVerifiedAt: null,
    });
  });

  it('never brings its password hash along unless credentials are asked for', async () => {
    const { id } = await insert('grace@acme.test');
    expect((await users.find(id))?.passwordHash).toBeUndefined();
    const listed = await users.findPage({ limit: 1, sort: '-createdAt' }, tenant.tenantId);
    expect(JSON.stringify(listed)).not.toContain('hash of');
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
    await expect(users.insert(half)).rejects.toMatchObject({
      code: 'validation',
      errors: [{ pointer: '/roles', code: 'unknown-role' }],
    });
    expect(await users.findIdByEmail('half@acme.test')).toBeUndefined();
  });

  it('that is unknown is no error', async () => {
    expect(await users.find(randomUUID())).toBeNull();
    expect(await users.findIdByEmail('nobody@acme.test')).toBeUndefined();
    expect(await credentials.findByEmail('nobody@acme.test')).toBeNull();
  });
});

describe('a page of users', () => {
  const page = (request: Partial<Parameters<UsersRepository['findPage']>[0]> = {}) =>
    users.findPage({ limit: 100, sort: '-createdAt', ...request }, tenant.tenantId);

  it.each(['-createdAt', 'lastName', '-email'] as const)(
    'ordered by %s has nobody twice and misses nobody while others come',
    async (sort) => {
      for (let number = 0; number < 5; number++) await insert(`${sort}-page-${number}@acme.test`, ['viewer', 'member']);
      const all = (await page({ sort })).data.map(({ id }) => id);
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const found = await page({ sort, limit: 3, cursor });
        seen.push(...found.data.map(({ id }) => id));
        cursor = found.nextCursor ?? undefined;
        await insert(`${sort}-meanwhile-${seen.length}@acme.test`);
      } while (cursor);
      expect(seen.filter((id) => all.includes(id))).toEqual(all);
      expect(new Set(seen).size).toBe(seen.length);
    },
  );

  it('counts people, not their roles', async () => {
    await insert('one@acme.test');
    await insert('many@acme.test', ['admin', 'manager', 'member', 'viewer']);
    const { data } = await page({ limit: 2 });
    expect(data.map((user) => user.roles.length)).toEqual([4, 1]);
  });

  it('holds those asked for, text being taken for what it is', async () => {
    await insert('100%_sure@acme.test', ['manager']);
    const { id } = await insert('1000-sure@acme.test', ['viewer']);
    await users.update(id, () => ({ active: false, firstName: 'Grace', lastName: 'Hopper' }));
    const emails = async (request: object) => (await page(request)).data.map(({ email }) => email);
    expect(await emails({ q: '0%_S' })).toEqual(['100%_sure@acme.test']);
    expect(await emails({ q: 'grace hop' })).toEqual(['1000-sure@acme.test']);
    expect(await emails({ email: '100%_sure@acme.test' })).toEqual(['100%_sure@acme.test']);
    expect(await emails({ role: 'manager', q: 'sure' })).toEqual(['100%_sure@acme.test']);
    expect(await emails({ active: false })).toEqual(['1000-sure@acme.test']);
    expect(await emails({ active: false, role: 'manager' })).toEqual([]);
  });

  it('names no next one when the last user is on this one', async () => {
    const { data } = await page();
    expect((await page({ limit: data.length })).nextCursor).toBeNull();
  });
});

describe('the room of a plan', () => {
  it('is for so many active users, however many come at once, or come back', async () => {
    const { rows } = await tenant.query('SELECT count(*)::integer AS count FROM users WHERE active');
    const maxUsers = Number(rows[0]?.['count']) + 2;
    const viewer = await roles.findByNames(['viewer']);
    const comers = Array.from({ length: 6 }, (_, at) => {
      const person = { email: `room-${at}@acme.test`, passwordHash: 'x', firstName: 'A', lastName: 'B', roles: viewer };
      return users.insert(person, { maxUsers }).catch((error: unknown) => error);
    });
    const made = await Promise.all(comers);
    expect(made.filter((one) => !(one instanceof Error))).toHaveLength(2);
    expect(made.filter((one) => one instanceof Error)).toMatchObject(Array(4).fill({ code: 'conflict' }));
    const { data: gone } = await users.findPage({ limit: 1, sort: 'createdAt', active: false }, tenant.tenantId);
    await expect(users.update(gone[0]!.id, () => ({ active: true }), maxUsers)).rejects.toMatchObject({
      code: 'conflict',
    });
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
