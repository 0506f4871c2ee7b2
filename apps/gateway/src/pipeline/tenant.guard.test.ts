import { describe, expect, it } from '@jest/globals';
import {
  Auth,
  message,
  type Message,
  Products,
  type TenantEntry,
  Tenants,
  type TenantState,
} from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';
import { z } from 'zod';
import type { GatewayConfig } from '../config.js';
import { Asks } from '../route.js';
import type { TenantEntries } from '../callers/tenants.js';
import { contextOf, requestOf } from '../test/request.js';
import { TenantGuard } from './tenant.guard.js';

const limits = { requestsPerMinute: 600, maxConnections: 2, maxDatabaseBytes: 1e9, maxUsers: 100 };
const tenantOf = (slug: string, state: TenantState = 'active'): TenantEntry => ({
  id: `id-of-${slug}`,
  slug,
  state,
  generation: 1,
  limits,
  signUp: false,
  databaseFull: false,
});

/** Whose requests were counted. */
const counted: string[] = [];

function guardOf(tenants: readonly TenantEntry[], baseDomain?: string): TenantGuard {
  const find = async (key: string) =>
    tenants.find(({ id, slug }) => key === `id:${id}` || key === `slug:${slug}`) ?? null;
  const get = async (key: string): Promise<TenantEntry> => {
    const found = await find(key);
    if (!found) throw new ServiceError('tenant-not-found', 'none');
    return found;
  };
  const counts = { count: (tenantId: string) => void counted.push(tenantId) };
  const config = { BASE_DOMAIN: baseDomain } as GatewayConfig;
  return new TenantGuard({ find, get } as unknown as TenantEntries, counts, config);
}

/** Asked before login, and says which tenants there are. */
const open = message('users.register', { request: z.strictObject({}), reply: z.null(), needs: 'public' });

class Routes {
  @Asks(Auth.login, 'x') login(this: void): void {}
  @Asks(open, 'x') open(this: void): void {}
  @Asks(Products.list, 'x') products(this: void): void {}
  @Asks(Tenants.list, 'x') tenants(this: void): void {}
}
const routeOf = new Map<Message, object>([
  [Auth.login, Routes.prototype.login],
  [open, Routes.prototype.open],
  [Products.list, Routes.prototype.products],
  [Tenants.list, Routes.prototype.tenants],
]);

type Given = Parameters<typeof requestOf>[0];

/** The tenant that is found, or the code of the refusal. */
async function ask(guard: TenantGuard, message: Message, given: Given): Promise<string | undefined> {
  const request = requestOf(given);
  try {
    await guard.canActivate(contextOf(routeOf.get(message)!, request));
    return request.call.tenant?.slug;
  } catch (error) {
    return error instanceof ServiceError ? error.code : String(error);
  }
}

const acme = tenantOf('acme');
const globex = tenantOf('globex');
const guard = guardOf([acme, globex], 'api.example.com');
const caller = { tenantId: acme.id };

describe('before login the tenant', () => {
  it.each<[string, Record<string, string>, string]>([
    ['is the header', { 'x-tenant': 'acme' }, 'acme'],
    ['is the subdomain', { host: 'globex.api.example.com' }, 'globex'],
    ['is the subdomain, in any case and on any port', { host: 'ACME.API.example.com:8443' }, 'acme'],
    ['is said twice alike', { host: 'acme.api.example.com', 'x-tenant': 'acme' }, 'acme'],
    ['is not said twice differently', { host: 'acme.api.example.com', 'x-tenant': 'globex' }, 'tenant-mismatch'],
    ['is not the base domain', { host: 'api.example.com' }, 'tenant-not-found'],
    ['is no part of another domain', { host: 'acme.api.example.com.evil.example' }, 'tenant-not-found'],
    ['is no deeper subdomain', { host: 'x.acme.api.example.com' }, 'tenant-not-found'],
    ['is not what a proxy says', { 'x-forwarded-host': 'acme.api.example.com' }, 'tenant-not-found'],
    ['is not empty', { 'x-tenant': '' }, 'tenant-not-found'],
    ['is nobody unknown', { 'x-tenant': 'initech' }, 'tenant-not-found'],
    ['is not found by an id', { 'x-tenant': 'id-of-acme' }, 'tenant-not-found'],
    ['must be said', {}, 'tenant-not-found'],
  ])('%s: %j', async (_, headers, expected) => {
    expect(await ask(guard, open, { headers })).toBe(expected);
  });

  it('is not a subdomain where no base domain is set', async () => {
    expect(await ask(guardOf([acme]), open, { headers: { host: 'acme.api.example.com' } })).toBe('tenant-not-found');
  });
});

describe('after login the tenant', () => {
  it.each<[string, Record<string, string>, string]>([
    ["is the token's", {}, 'acme'],
    ["is the token's, said again", { 'x-tenant': 'acme', host: 'acme.api.example.com' }, 'acme'],
    ['is not what a header says', { 'x-tenant': 'globex' }, 'tenant-mismatch'],
    ['is not what a subdomain says', { host: 'globex.api.example.com' }, 'tenant-mismatch'],
    ['is not nobody', { 'x-tenant': 'initech' }, 'tenant-mismatch'],
  ])('%s: %j', async (_, headers, expected) => {
    expect(await ask(guard, Products.list, { headers, caller })).toBe(expected);
  });

  it('has its request counted, and strangers who name it have not', async () => {
    counted.length = 0;
    await ask(guard, open, { headers: { 'x-tenant': 'acme' } });
    expect(counted).toEqual([]);
    await ask(guard, Products.list, { caller: { tenantId: 'id-of-acme' } });
    expect(counted).toEqual(['id-of-acme']);
  });
});

it.each<[TenantState, string]>([
  ['active', 'acme'],
  ['provisioning', 'tenant-provisioning'],
  ['suspended', 'tenant-suspended'],
  ['maintenance', 'tenant-maintenance'],
  ['archived', 'tenant-not-found'],
  ['purged', 'tenant-not-found'],
  ['failed', 'tenant-not-found'],
])('a tenant that is %s is answered %s', async (state, expected) => {
  const ofState = guardOf([tenantOf('acme', state)]);
  expect(await ask(ofState, Products.list, { caller })).toBe(expected);
  expect(await ask(ofState, open, { headers: { 'x-tenant': 'acme' } })).toBe(expected);
});

it('a route of the platform has no tenant, whatever is said', async () => {
  expect(
    await ask(guard, Tenants.list, { headers: { 'x-tenant': 'acme' }, caller: { tenantId: null } }),
  ).toBeUndefined();
});

describe('a login', () => {
  it.each<[string, string | undefined]>([
    ['acme', 'acme'],
    ['initech', undefined],
    ['acme:foo', undefined],
    ['x'.repeat(64), undefined],
    ['../acme', undefined],
  ])('goes on to auth whatever is named, in a tenant that exists or in none: %s', async (name, expected) => {
    expect(await ask(guard, Auth.login, { headers: { 'x-tenant': name } })).toBe(expected);
  });

  it.each<[TenantState, string | undefined]>([
    ['suspended', 'tenant-suspended'],
    ['maintenance', 'tenant-maintenance'],
    ['provisioning', 'tenant-provisioning'],
    ['archived', undefined],
    ['failed', undefined],
  ])('to a tenant that is %s is answered %s', async (state, expected) => {
    expect(await ask(guardOf([tenantOf('acme', state)]), Auth.login, { headers: { 'x-tenant': 'acme' } })).toBe(
      expected,
    );
  });

  it('must name a tenant', async () => {
    expect(await ask(guard, Auth.login, {})).toBe('tenant-not-found');
  });
});
