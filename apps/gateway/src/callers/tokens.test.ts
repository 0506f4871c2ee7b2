import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { accessToken, CreateUser } from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';
import type { Identity } from '../call.js';
import type { Keys } from './keys.js';
import type { Revocations } from './revocations.js';
import type { RolePermissions } from './role-permissions.js';
import { Tokens } from './tokens.js';

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const kid = 'key-1';
const jwt = new JwtService({});
const permissions = ['products:read'];
const bearer = { sub: randomUUID(), tid: randomUUID(), sid: randomUUID(), roles: ['viewer'], ver: 3 };
const now = (): number => Math.floor(Date.now() / 1000);

type Change = Readonly<Record<string, unknown>>;

/** A token under the right key. Undefined takes a claim, or a part of the header, away. */
function signed(claims: Change = {}, header: Change = {}): string {
  const { issuer: iss, audience: aud, algorithm: alg, type: typ } = accessToken;
  const all = { ...bearer, iss, aud, iat: now(), exp: now() + 600, jti: randomUUID(), ...claims };
  const parts = [{ alg, typ, kid, ...header }, all];
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = sign('sha256', Buffer.from(text), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

let known: Map<string, KeyObject>;
let removed: () => void;
const find = jest.fn(async (id: string) => known.get(id));
const keys = { find, onRemoved: (listener: () => void) => (removed = listener) };
const revocations = { isLoaded: true, changes: 0, includes: () => false };
const roles = { of: () => permissions };

const start = (max?: number): Tokens =>
  new Tokens(
    jwt,
    keys as unknown as Keys,
    revocations as unknown as Revocations,
    roles as unknown as RolePermissions,
    max,
  );
let tokens: Tokens;
beforeEach(() => {
  known = new Map([[kid, pair.publicKey]]);
  find.mockClear();
  tokens = start();
});

/** The refusal's code; undefined where the token is believed. */
async function refusalOf(token: string): Promise<string | undefined> {
  try {
    await tokens.identify(token);
    return undefined;
  } catch (error) {
    return error instanceof ServiceError ? error.code : String(error);
  }
}

describe('a token under the right key', () => {
  it('says who asks, where, in which session and with which permissions', async () => {
    const { sub, tid, sid } = bearer;
    const exp = now() + 60;
    const expected: Identity = {
      caller: { subject: `user:${sub}`, userId: sub, tenantId: tid, session: sid, permissions },
      expiresAt: exp,
    };
    expect(await tokens.identify(signed({ exp }))).toMatchObject(expected);
  });

  it.each<[string, Change, Change?]>([
    ["of the platform's audience", { aud: 'tenantry-platform' }],
    ['of no audience', { aud: undefined }],
    ['of another issuer', { iss: 'https://elsewhere.example' }],
    ['of no issuer', { iss: undefined }],
    ['of type JWT', {}, { typ: 'JWT' }],
    ['of type ctx+jwt', {}, { typ: 'ctx+jwt' }],
    ['of no type', {}, { typ: undefined }],
    ['of an unknown key', {}, { kid: 'key-2' }],
    ['of no key', {}, { kid: undefined }],
    ['that never ends', { exp: undefined }],
    ['that ends at no number', { exp: 'soon' }],
    ['that is not good before tomorrow', { nbf: now() + 86_400 }],
    ['of no time', { iat: undefined }],
    ['without an id', { jti: undefined }],
    ['of nobody', { sub: undefined }],
    ['of somebody without a UUID', { sub: 'admin' }],
    ['of no tenant', { tid: undefined }],
    ['of a tenant without a UUID', { tid: 'acme' }],
    ['of no session', { sid: undefined }],
    ['of a session without a UUID', { sid: 7 }],
    ['of no roles', { roles: undefined }],
    ['of one role that is no list', { roles: 'admin' }],
    ['of roles that are no text', { roles: [7] }],
    ['of no version', { ver: undefined }],
    ['of version zero', { ver: 0 }],
    ['of a version in text', { ver: '3' }],
  ])('is refused: %s', async (_, ...[claims, header]) => {
    expect(await refusalOf(signed(claims, header))).toBe('unauthenticated');
  });

  it('is refused after its end, by name', async () => {
    expect(await refusalOf(signed({ iat: now() - 700, exp: now() - 1 }))).toBe('token-expired');
  });

  it('is believed at the largest that roles let it grow, and not beyond', async () => {
    // Six bytes in JSON for each character: nothing takes more. No new role is called so, but those of before may be.
    const names = Array.from(
      { length: 20 },
      (_, at) => '\u0001'.repeat(48) + String.fromCharCode(0x0e + (at % 10), 0x0e + Math.floor(at / 10)),
    );
    const person = { email: 'ada@acme.test', password: 'anvil-orbit-walnut-9', firstName: 'A', lastName: 'B' };
    const { roles } = CreateUser.parse({ ...person, roles: names });
    expect(roles).toEqual(names);
    const longest = signed({ roles, ver: 2 ** 31 - 1 });
    expect(longest.length).toBeGreaterThan(8000);
    expect(await refusalOf(longest)).toBeUndefined();
    expect(await refusalOf(signed({ roles: [...names, ...names] }))).toBe('unauthenticated');
    expect(find).toHaveBeenCalledTimes(1);
  });
});

describe('a token that is known', () => {
  it('is verified once, and anew where one character of it is another', async () => {
    const token = signed();
    const first = await tokens.identify(token);
    expect(tokens.identify(token)).toBe(first);
    expect(find).toHaveBeenCalledTimes(1);
    const [head, claims = '', signature] = token.split('.');
    for (const edited of [
      `${head}.${claims.slice(0, -1)}${claims.endsWith('A') ? 'B' : 'A'}.${signature}`,
      `${head}.${claims}.${signature!.startsWith('A') ? 'B' : 'A'}${signature!.slice(1)}`,
    ])
      expect(await refusalOf(edited)).toBe('unauthenticated');
    expect(find).toHaveBeenCalledTimes(3);
  });

  it('is refused at its end', async () => {
    const exp = now() + 600;
    const token = signed({ exp });
    await tokens.identify(token);
    const clock = jest.spyOn(Date, 'now');
    try {
      clock.mockReturnValue(exp * 1000 - 1);
      expect(await refusalOf(token)).toBeUndefined();
      clock.mockReturnValue(exp * 1000);
      expect(await refusalOf(token)).toBe('token-expired');
    } finally {
      clock.mockRestore();
    }
    expect(find).toHaveBeenCalledTimes(1);
  });

  it('is verified anew when a key was taken away, and refused where it was its own', async () => {
    const token = signed();
    await tokens.identify(token);
    removed();
    await tokens.identify(token);
    expect(find).toHaveBeenCalledTimes(2);
    known.clear();
    removed();
    expect(await refusalOf(token)).toBe('unauthenticated');
  });

  it('is not known by a key that was taken away while it was verified', async () => {
    const token = signed();
    find.mockImplementationOnce(async (id) => {
      const key = known.get(id);
      known.clear();
      removed();
      return key;
    });
    await tokens.identify(token);
    expect(await refusalOf(token)).toBe('unauthenticated');
  });

  it('is the one used last: beyond as many as are kept the oldest is forgotten', async () => {
    tokens = start(3);
    const four = Array.from({ length: 4 }, () => signed());
    for (const token of four) await tokens.identify(token);
    expect(find).toHaveBeenCalledTimes(4);
    for (const token of four.slice(1)) await tokens.identify(token);
    expect(find).toHaveBeenCalledTimes(4);
    await tokens.identify(four[0]!);
    expect(find).toHaveBeenCalledTimes(5);
  });
});
