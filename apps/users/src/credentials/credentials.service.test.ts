import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { anonymous, type Log, ServiceError } from '@tenantry/service-kit';
import type { Passwords } from '../passwords/passwords.js';
import type { Claimant, CredentialsRepository } from './credentials.repository.js';
import { CredentialsService } from './credentials.service.js';

const id = randomUUID();
const email = 'ada@acme.test';
const password = 'anvil-orbit-walnut-9';
const caller = { ...anonymous, tenantId: randomUUID() };

let known: Claimant;
const renew = jest.fn<CredentialsRepository['renew']>(() => Promise.resolve());
const hashes = {
  hash: jest.fn(async (text: string) => `hash of ${text}`),
  verify: jest.fn(async (stored: string | undefined, text: string) => stored?.endsWith(`hash of ${text}`) ?? false),
  isWeak: (stored: string) => stored.startsWith('weak'),
};
const credentials = {
  findByEmail: async (given: string) => (given === email ? known : null),
  renew,
};
const warn = jest.fn();
const service = new CredentialsService(
  credentials as unknown as CredentialsRepository,
  hashes as unknown as Passwords,
  { warn } as unknown as Log,
);

beforeEach(() => {
  jest.clearAllMocks();
  known = { id, passwordHash: `hash of ${password}`, active: true, roles: ['viewer'], securityVersion: 7 };
});

describe('verifying a password', () => {
  it('tells who it is, which roles they have, and as of which version', async () => {
    expect(await service.verifyPassword({ email, password }, caller)).toEqual({
      id,
      roles: ['viewer'],
      securityVersion: 7,
    });
    expect(renew).not.toHaveBeenCalled();
  });

  it('tells it as of before the hash, so that auth opens no session for what has changed since', async () => {
    hashes.verify.mockImplementationOnce(async () => {
      known = { ...known, roles: [], securityVersion: 8 };
      return true;
    });
    expect(await service.verifyPassword({ email, password }, caller)).toMatchObject({
      roles: ['viewer'],
      securityVersion: 7,
    });
  });

  it.each<[string, () => Promise<unknown>]>([
    ['a wrong password', () => service.verifyPassword({ email, password: 'wrong' }, caller)],
    ['a tenant that does not exist', () => service.verifyPassword({ email, password }, anonymous)],
    ['an unknown user', () => service.verifyPassword({ email: 'nobody@acme.test', password }, caller)],
    [
      'a disabled user with the right password',
      () => {
        known = { ...known, active: false };
        return service.verifyPassword({ email, password }, caller);
      },
    ],
  ])('answers %s with the same words after one hash', async (_, attempt) => {
    await expect(attempt()).rejects.toMatchObject({
      code: 'invalid-credentials',
      message: 'The e-mail or the password is wrong.',
    });
    expect(hashes.verify).toHaveBeenCalledTimes(1);
    expect(hashes.hash).not.toHaveBeenCalled();
  });

  it('hashes a right password anew where its hash costs less than today’s', async () => {
    known = { ...known, passwordHash: `weak hash of ${password}` };
    await service.verifyPassword({ email, password }, caller);
    expect(renew).toHaveBeenCalledWith(known, `hash of ${password}`);
  });

  it.each<[string, () => unknown]>([
    ['there is no time for it', () => hashes.hash.mockRejectedValueOnce(new ServiceError('overloaded', 'too many'))],
    [
      'it cannot be written',
      () => renew.mockRejectedValueOnce(new ServiceError('tenant-database-unavailable', 'away')),
    ],
  ])('lets a right password in whose hash is not renewed since %s, and says so in the log', async (_, fail) => {
    known = { ...known, passwordHash: `weak hash of ${password}` };
    fail();
    await expect(service.verifyPassword({ email, password }, caller)).resolves.toMatchObject({ id });
    expect(warn).toHaveBeenCalledTimes(1);
    expect(JSON.stringify(warn.mock.calls)).not.toContain(password);
  });
});
