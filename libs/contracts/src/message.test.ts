import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { Audit } from './audit.contract.js';
import { Clusters } from './clusters.contract.js';
import { Usage } from './usage.contract.js';
import { Auth } from './auth.contract.js';
import { message, prefixOf, serviceNames, type Message } from './message.js';
import { Operators } from './operators.contract.js';
import { operatorScopes, tenantPermissions } from './permissions.js';
import { Products } from './products.contract.js';
import { Tenants } from './tenants.contract.js';
import { Users } from './users.contract.js';

const all = [Auth, Users, Products, Tenants, Operators, Audit, Clusters, Usage].flatMap((messages) =>
  Object.values<Message>(messages),
);

const terms = { request: z.strictObject({}), reply: z.null(), needs: 'public' } as const;

test('every subject begins as its service says', () => {
  for (const { subject, service } of all) expect(subject.startsWith(prefixOf(service))).toBe(true);
});

describe('a subject', () => {
  test.each([
    'products',
    'products.',
    'Products.list',
    'products.list.*',
    'products.>',
    'products.a b',
    'orders.list',
    '',
  ])('is never %p', (subject) => {
    expect(() => message(subject, terms)).toThrow(TypeError);
  });

  test('names its service by its first word', () => {
    expect(message('products.list', terms).service).toBe('products');
    expect(message('tenants.operations.get', terms).service).toBe('tenant-registry');
  });

  test('is used by one message only', () => {
    expect(new Set(all.map(({ subject }) => subject)).size).toBe(all.length);
  });
});

describe('a message', () => {
  test('cannot be changed after it was declared', () => {
    expect(Object.isFrozen(Products.list)).toBe(true);
  });

  test('is answered with 200, once, in an active tenant, unless it says otherwise', () => {
    expect(message('products.list', terms)).toMatchObject({ status: 200, idempotent: false, tenant: ['active'] });
  });

  test('that any service may ask is outside every tenant, for nobody has said which', () => {
    expect(() => message('products.list', { ...terms, needs: 'service' })).toThrow(/outside/);
  });

  test.each(all)('$subject refuses unknown fields', (declared) => {
    const { error } = declared.request.safeParse({ 'no such field': 1 });
    expect(JSON.stringify(error?.issues)).toContain('unrecognized_keys');
  });

  test.each(all)('$subject can be described as JSON Schema', (declared) => {
    expect(() => z.toJSONSchema(declared.request, { io: 'input' })).not.toThrow();
    expect(() => z.toJSONSchema(declared.reply, { io: 'output' })).not.toThrow();
  });

  test.each(all)('$subject asks for a tenant exactly if its permission is of one', (declared) => {
    const { needs, tenant } = declared;
    const isOfTenants = (tenantPermissions as readonly string[]).includes(needs);
    const isOfOperators = (operatorScopes as readonly string[]).includes(needs);
    // Both may read an audit, each their own: the message server tells them apart.
    if (isOfTenants && isOfOperators) return;
    if (isOfTenants || needs === 'authenticated') expect(tenant).not.toBeNull();
    if (isOfOperators) expect(tenant).toBeNull();
  });

  test('reads as idempotent when it only reads', () => {
    const reading = all.filter(({ subject }) => /\.(list|get|find|me|jwks|locate)$/.test(subject));
    expect(reading.filter(({ idempotent }) => !idempotent)).toEqual([]);
    expect(all.filter(({ subject, idempotent }) => /\.(create|update|delete)$/.test(subject) && idempotent)).toEqual(
      [],
    );
  });

  test('belongs to each service at least once', () => {
    expect(new Set(all.map(({ service }) => service))).toEqual(new Set(serviceNames));
  });
});
