import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Operator, operatorKeyPrefix } from '@tenantry/contracts';
import { type Client, createTenant, newSlug, type Stack, type StackTenant, tenantWish, until } from '@tenantry/testing';
import { expectProblem } from './problem.js';

type OperatorWithKey = Operator & { key: string };

/** Within this a key that was taken away opens nothing any more, on any gateway. */
const refusedWithinMs = 2000;

/** Who runs the platform, by keys that can do so much and no more. */
export const operators = (stack: () => Stack): void =>
  describe('operators', () => {
    let acme: StackTenant;

    const holding = (key: string): Client => stack().http.with({ authorization: `Bearer ${key}` });
    const make = async (scopes: string[]): Promise<OperatorWithKey> => {
      const made = await stack().operator.post<OperatorWithKey>('/v1/admin/operators', { name: newSlug(), scopes });
      expect(made.status).toBe(201);
      return made.body;
    };

    beforeAll(async () => {
      acme = await createTenant(stack());
    });

    it('a new key is shown once, and opens what its scopes say', async () => {
      const { key, ...made } = await make(['tenants:read']);
      expect(key.startsWith(operatorKeyPrefix)).toBe(true);
      expect((await holding(key).get(`/v1/admin/tenants/${acme.id}`)).status).toBe(200);
      expectProblem(await holding(key).post('/v1/admin/tenants', tenantWish()), 'forbidden');
      expectProblem(await holding(key).get('/v1/admin/operators'), 'forbidden');
      const list = await stack().operator.get<{ data: Operator[] }>('/v1/admin/operators');
      expect(list.body.data).toContainEqual(made);
      expect(list.text).not.toContain(key);
    });

    it('nobody makes a key that opens more than their own', async () => {
      const { key } = await make(['operators:write', 'tenants:read']);
      const wish = { name: newSlug(), scopes: ['tenants:write'] };
      expectProblem(await holding(key).post('/v1/admin/operators', wish), 'forbidden');
      expectProblem(
        await stack().operator.post('/v1/admin/operators', { ...wish, scopes: ['users:read'] }),
        'validation',
      );
    });

    it('a revoked key is refused within 2 s, and what it was used for before goes on', async () => {
      const { id, key } = await make(['tenants:read']);
      expect((await holding(key).get('/v1/admin/tenants')).status).toBe(200);
      expect((await stack().operator.delete(`/v1/admin/operators/${id}`)).status).toBe(204);
      await until('it is refused', refusedWithinMs, async () => {
        return (await holding(key).get('/v1/admin/tenants')).status === 401;
      });
      expectProblem(await holding(key).get('/v1/admin/tenants'), 'unauthenticated');
      expect((await stack().operator.get('/v1/admin/tenants')).status).toBe(200);
    });

    it('a key opens no tenant, and a token of a tenant no platform', async () => {
      for (const path of ['/v1/products', '/v1/users', '/v1/me'])
        expectProblem(await stack().operator.with({ 'x-tenant': acme.slug }).get(path), 'unauthenticated');
      for (const path of ['/v1/admin/tenants', `/v1/admin/tenants/${acme.id}`, '/v1/admin/operators'])
        expectProblem(await acme.admin.get(path), 'unauthenticated');
    });
  });
