import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { contextType } from '@tenantry/contracts';
import type { JWTPayload } from 'jose';
import { Asker } from '../test/asker.js';
import { departed, newKey, publish, sign, type Key } from '../test/keys.js';
import { product, startProducts } from '../test/products.js';

const id = randomUUID();
let service: Awaited<ReturnType<typeof startProducts>>;
let gateway: Asker;
let auth: Asker;
let worked = 0;

beforeAll(async () => {
  [service, gateway, auth] = await Promise.all([startProducts(), Asker.start('gateway'), Asker.start('auth')]);
  service.behaviour.get = (request) => {
    worked++;
    return product(request.id);
  };
});
afterAll(() => Promise.all([service.close(), gateway.close(), auth.close()]));

const now = (): number => Math.floor(Date.now() / 1000);

const claims = (changes: Record<string, unknown> = {}): JWTPayload => ({
  iss: 'gateway',
  aud: 'products',
  sub: `user:${randomUUID()}`,
  tenant: gateway.tenantId,
  session: randomUUID(),
  permissions: ['products:read'],
  iat: now(),
  exp: now() + 60,
  ...changes,
});

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const ofGateway = async (): Promise<Key> => publish(gateway.nats, await newKey('gateway'));
const ofAuth = async (): Promise<Key> => publish(auth.nats, await newKey('auth'));

/** Every way of not being believed, as a token made in that way. */
const forgeries: Record<string, () => Promise<string>> = {
  'that is no token': () => Promise.resolve('gateway'),
  'of three empty parts': () => Promise.resolve('..'),
  'that nobody signed': async () =>
    `${part({ alg: 'none', typ: contextType, kid: (await ofGateway()).id })}.${part(claims())}.`,
  'signed with the public key as a secret': async () => {
    const key = await ofGateway();
    const signed = `${part({ alg: 'HS256', typ: contextType, kid: key.id })}.${part(claims())}`;
    const secret = Buffer.from(key.publicJwk.x ?? '', 'base64url');
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  },
  'signed by a key that nobody answers for': async () => sign(claims(), await newKey('gateway')),
  "signed by one's own key under the gateway's id": async () =>
    sign(claims(), { ...(await newKey('gateway')), id: (await ofGateway()).id }),
  'that brings its key along': async () => {
    const key = await newKey('gateway');
    return sign(claims(), key, { jwk: key.publicJwk, jku: 'https://keys.example' });
  },
  'whose signer has left': async () => sign(claims(), await departed(gateway.nats, await newKey('gateway'))),
  'without a key id': async () => sign(claims(), await ofGateway(), { kid: undefined }),
  'whose key id is a pattern': async () => sign(claims(), await ofGateway(), { kid: 'gateway.*' }),
  'whose key id is a list': async () => {
    const key = await ofGateway();
    return sign(claims(), key, { kid: [key.id] });
  },
  'whose key id goes on': async () => {
    const key = await ofGateway();
    return sign(claims(), key, { kid: `${key.id}.x` });
  },
  'whose key id is a path': async () => sign(claims(), await ofGateway(), { kid: '../gateway.000000000000000000' }),
  'of a service that may not issue any': async () => sign(claims({ iss: 'users' }), await newKey('users')),
  'that has expired': async () => sign(claims({ iat: now() - 61, exp: now() - 1 }), await ofGateway()),
  'that is not valid yet': async () => sign(claims({ nbf: now() + 30 }), await ofGateway()),
  'that never expires': async () => sign(claims({ exp: undefined }), await ofGateway()),
  'valid for an hour': async () => sign(claims({ exp: now() + 3600 }), await ofGateway()),
  'for another service': async () => sign(claims({ aud: 'users' }), await ofGateway()),
  'for several services': async () => sign(claims({ aud: ['products', 'users'] }), await ofGateway()),
  'for nobody': async () => sign(claims({ aud: undefined }), await ofGateway()),
  "in another issuer's name": async () => sign(claims({ iss: 'gateway' }), await ofAuth()),
  'whose issuer is another than its key': async () => sign(claims({ iss: 'auth' }), await ofGateway()),
  'of another kind of token': async () => sign(claims(), await ofGateway(), { typ: 'at+jwt' }),
  'of no kind': async () => sign(claims(), await ofGateway(), { typ: undefined }),
  'with a tenant that is no id': async () => sign(claims({ tenant: 'acme' }), await ofGateway()),
  'that says nothing of a tenant': async () => sign(claims({ tenant: undefined }), await ofGateway()),
  'with a claim too many': async () => sign(claims({ admin: true }), await ofGateway()),
  "with auth's own permission, from the gateway": async () =>
    sign(claims({ permissions: ['system:auth'] }), await ofGateway()),
  'that was edited': async () => {
    const [header, , signature] = (await sign(claims(), await ofGateway())).split('.');
    return `${header}.${part(claims({ permissions: ['products:write'] }))}.${signature}`;
  },
};

const codeOf = async (context: string | undefined, tenantId?: string): Promise<unknown> => {
  const answer = await gateway.ask(service.messages.get, { id }, { context, tenantId });
  return answer.status === 200 ? 200 : answer.body['code'];
};

describe('a signed context', () => {
  test('of the gateway is believed', async () => {
    expect(await codeOf(await sign(claims(), await ofGateway()))).toBe(200);
    expect(await codeOf(await gateway.context(), gateway.tenantId)).toBe(200);
  });

  test('that is missing is refused', async () => {
    worked = 0;
    expect(await codeOf(undefined)).toBe('unauthenticated');
    expect(worked).toBe(0);
  });

  test.each(Object.entries(forgeries))('%s is refused, twice', async (_, forge) => {
    worked = 0;
    const token = await forge();
    expect(await codeOf(token)).toBe('unauthenticated');
    expect(await codeOf(token)).toBe('unauthenticated');
    expect(worked).toBe(0);
  });

  test("does not carry another tenant's header", async () => {
    worked = 0;
    const context = await gateway.context();
    expect(await codeOf(context, randomUUID())).toBe('tenant-mismatch');
    expect(await codeOf(await gateway.context({ tenant: null }), gateway.tenantId)).toBe('tenant-mismatch');
    expect(worked).toBe(0);
  });

  test('without a tenant does not reach what is inside one', async () => {
    expect(await codeOf(await gateway.context({ tenant: null }))).toBe('tenant-not-found');
  });

  test('is believed once and no longer than it says', async () => {
    const context = await gateway.context({ notAfter: now() + 2 });
    expect(await codeOf(context)).toBe(200);
    await sleep(2100);
    expect(await codeOf(context)).toBe('unauthenticated');
  });

  test('ends with the token it was made from', async () => {
    const [, payload = ''] = (await gateway.context({ notAfter: now() + 7 })).split('.');
    const { iat, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iat: number; exp: number };
    expect(exp - iat).toBeLessThanOrEqual(7);
  });
});

describe('a permission', () => {
  const statusOf = async (name: 'get' | 'mine' | 'open' | 'inner', context: string): Promise<number> =>
    (await gateway.ask(service.messages[name], { id }, { context })).status;

  test.each([
    ['get', {}, 200],
    ['get', { permissions: ['products:write'] }, 403],
    ['get', { permissions: [] }, 403],
    ['get', { permissions: ['products:*', 'products', '*'] }, 403],
    ['get', { sub: 'anonymous', permissions: [] }, 401],
    ['mine', { permissions: [] }, 200],
    ['mine', { sub: 'anonymous', permissions: [] }, 401],
    ['mine', { sub: `operator:${randomUUID()}`, permissions: ['tenants:read'] }, 403],
    ['open', { sub: 'anonymous', permissions: [], tenant: null }, 200],
    ['inner', {}, 403],
    ['inner', { permissions: ['system:gateway'] }, 403],
  ] as const)('that %s needs, to a context with %j: %i', async (name, changes, status) => {
    expect(await statusOf(name, await gateway.context(changes))).toBe(status);
  });

  test('of a service holds in what that service signed', async () => {
    const own = { sub: 'system:auth', session: null, permissions: ['system:auth'] };
    expect(await statusOf('inner', await auth.context(own))).toBe(200);
  });
});
