import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { builtInRoles, tenantPermissions, Users } from '@tenantry/contracts';
import { anonymous, ServiceError, type Caller } from '@tenantry/service-kit';
import type { TokenMails } from '../mail/token-mails.js';
import type { Passwords } from '../passwords/passwords.js';
import type { Role } from '../roles/role.entity.js';
import type { RolesRepository } from '../roles/roles.repository.js';
import type { TenantTerms } from '../tenant/tenant-terms.js';
import type { User } from './user.entity.js';
import type { UsersRepository } from './users.repository.js';
import { UsersService } from './users.service.js';

const now = '2026-01-02T03:04:05.678Z';
const password = 'anvil-orbit-walnut-9';
const person = { email: 'ada@acme.test', password, firstName: 'Ada', lastName: 'Lovelace' };
const acme: Caller = { ...anonymous, subject: 'user:x', tenantId: randomUUID() };

let rows: User[];
let hashes: jest.Mocked<Pick<Passwords, 'hash' | 'verify'>>;
let service: UsersService;

const users: Omit<Pick<UsersRepository, keyof UsersRepository>, 'update' | 'verifyEmail' | 'findPage'> = {
  find: async (id) => rows.find((row) => row.id === id) ?? null,
  findIdByEmail: async (email) => rows.find((row) => row.email === email)?.id,
  insert: async (user) => {
    if (rows.some(({ email }) => email === user.email)) throw new ServiceError('email-taken', 'taken');
    const roleNames = user.roles.map(({ name }) => name).sort();
    const written = { id: randomUUID(), active: true, version: 1, securityVersion: 1, createdAt: now, updatedAt: now };
    const row = { ...user, ...written, roleNames };
    rows.push(row);
    return row;
  },
};

const roles: Pick<RolesRepository, 'findByNames'> = {
  findByNames: async (names) =>
    ['admin', 'manager', 'member', 'viewer']
      .filter((name) => names.includes(name))
      .map((name) => ({ id: name, name, permissions: [...(builtInRoles[name] ?? [])] }) as unknown as Role),
};

beforeEach(() => {
  rows = [];
  hashes = {
    hash: jest.fn(async (text: string) => `hash of ${text}`),
    verify: jest.fn(async (stored: string | undefined, text: string) => stored === `hash of ${text}`),
  };
  service = new UsersService(
    users as unknown as UsersRepository,
    roles as unknown as RolesRepository,
    hashes as unknown as Passwords,
    { get: async () => ({ limits: { maxUsers: 100 } }) } as unknown as TenantTerms,
    {} as TokenMails,
  );
});

const admin: Caller = { ...acme, permissions: tenantPermissions };
const create = (change: object = {}, caller = admin) =>
  service.create({ ...person, roles: ['member'], ...change }, caller);

describe('creating a user', () => {
  it('answers with what the contract names and nothing of the password', async () => {
    const user = await create({ roles: ['viewer', 'admin'] });
    expect(user).toEqual({
      id: rows[0]?.id,
      email: 'ada@acme.test',
      firstName: 'Ada',
      lastName: 'Lovelace',
      active: true,
      roles: ['admin', 'viewer'],
      version: 1,
      createdAt: now,
      updatedAt: now,
    });
    expect(rows[0]?.passwordHash).toBe(`hash of ${password}`);
  });

  it('is refused for a role the tenant does not have, at /roles', async () => {
    await expect(create({ roles: ['member', 'emperor'] })).rejects.toMatchObject({
      code: 'validation',
      errors: [{ pointer: '/roles', code: 'unknown-role' }],
    });
    expect(rows).toEqual([]);
  });

  it('gives nobody more than the caller has', async () => {
    const manager: Caller = { ...acme, permissions: builtInRoles['manager'] ?? [] };
    await expect(create({ roles: ['admin'] }, manager)).rejects.toMatchObject({ code: 'forbidden' });
    expect(rows).toEqual([]);
    await expect(create({ roles: ['manager'] }, manager)).resolves.toMatchObject({ roles: ['manager'] });
  });

  it('takes no common password: the contract refuses it, at /password', () => {
    const { error } = Users.create.request.safeParse({ ...person, password: 'Password1234' });
    expect(error?.issues).toMatchObject([{ path: ['password'], params: { code: 'common-password' } }]);
  });
});

describe('the first admin', () => {
  it('is an admin', async () => {
    const { id } = await service.createFirstAdmin(person);
    expect(rows).toMatchObject([{ id, roleNames: ['admin'] }]);
  });

  it('is the same one when asked for again', async () => {
    const first = await service.createFirstAdmin(person);
    expect(await service.createFirstAdmin({ ...person, firstName: 'Other' })).toEqual(first);
    expect(rows).toHaveLength(1);
  });

  it('is the same one when asked for twice at once', async () => {
    const [one, other] = await Promise.all([service.createFirstAdmin(person), service.createFirstAdmin(person)]);
    expect(one).toEqual(other);
    expect(rows).toHaveLength(1);
  });

  it('is not made up when it could not be made', async () => {
    hashes.hash.mockRejectedValueOnce(new ServiceError('overloaded', 'too many'));
    const refused = service.createFirstAdmin(person);
    await expect(refused).rejects.toMatchObject({ code: 'overloaded' });
  });
});
