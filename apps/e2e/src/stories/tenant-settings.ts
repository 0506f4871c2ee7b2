import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Cluster, InstancePools, Tenant, TenantHealth, TenantUsage } from '@tenantry/contracts';
import { createTenant, login, type Stack, type StackTenant, until } from '@tenantry/testing';
import { expectProblem } from './problem.js';

/** Within this every gateway goes by what was changed. */
const knownWithinMs = 2000;

/** What operators may change of a tenant and of a cluster, and what it does. */
export const tenantSettings = (stack: () => Stack): void =>
  describe('settings', () => {
    let tenant: StackTenant;
    let path: string;

    beforeAll(async () => {
      tenant = await createTenant(stack(), { plan: 'enterprise' });
      path = `/v1/admin/tenants/${tenant.id}`;
    });

    it('of a tenant are changed in the version that was read, and not in another', async () => {
      const read = await stack().operator.get<Tenant>(path);
      const seen = stack().operator.with({ 'if-match': read.headers.etag! });
      expectProblem(await stack().operator.patch(path, { name: 'Renamed' }), 'precondition-required');
      const changed = await seen.patch<Tenant>(path, { name: 'Renamed', signUp: true });
      expect(changed).toMatchObject({ status: 200, body: { plan: 'enterprise', name: 'Renamed', signUp: true } });
      expectProblem(await seen.patch(path, { name: 'Again' }), 'precondition-failed');
      expect((await stack().operator.get(path)).body).toEqual(changed.body);
    });

    it('that are none are refused, and nothing is changed', async () => {
      const any = stack().operator.with({ 'if-match': '*' });
      const before = await stack().operator.get(path);
      for (const wrong of [{ plan: 'gold' }, { limits: { maxUsers: 0 } }, { poolOptions: { maxConnections: 0 } }])
        expectProblem(await any.patch(path, wrong), 'validation');
      for (const unknown of [{ state: 'active' }, { slug: 'other' }, { limits: { maxCats: 1 } }, { poolOptions: 3 }])
        expectProblem(await any.patch(path, unknown), 'bad-request');
      expect((await stack().operator.get(path)).body).toEqual(before.body);
    });

    it('hold on the gateway within 2 s: what was agreed in place of the plan', async () => {
      const any = stack().operator.with({ 'if-match': '*' });
      expect((await tenant.admin.get('/v1/products')).headers['ratelimit-policy']).toContain('q=60000');
      await any.patch(path, { limits: { requestsPerMinute: 7777 } });
      await until('the gateway goes by it', knownWithinMs, async () =>
        String((await tenant.admin.get('/v1/products')).headers['ratelimit-policy']).includes('q=7777'),
      );
      await any.patch(path, { limits: null });
    });

    it('bound the size of its database: what is there is used as ever, nothing is added, until there is room again', async () => {
      const any = stack().operator.with({ 'if-match': '*' });
      const product = { name: 'Anvil', price: '1.00' };
      const add = () => tenant.admin.post<{ id: string }>('/v1/products', product);
      const { body } = await add();
      // Gateways tell every few seconds who is in use, and nobody else is looked at: it takes a request.
      const becomes = (status: number) =>
        until(`adding is answered ${status}`, 30_000, async () => (await add()).status === status);
      await any.patch(path, { limits: { maxDatabaseBytes: 1 } });
      await becomes(409);
      expectProblem(await add(), 'database-full');
      const one = `/v1/products/${body.id}`;
      const { status, headers } = await tenant.admin.get(one);
      expect(status).toBe(200);
      await login(stack(), tenant.slug, tenant.email, tenant.password);
      const seen = tenant.admin.with({ 'if-match': headers.etag });
      const changed = await seen.patch(one, { name: 'Small anvil' });
      expect(changed.status).toBe(200);
      expect((await tenant.admin.with({ 'if-match': changed.headers.etag }).delete(one)).status).toBe(204);
      await any.patch(path, { limits: null });
      await becomes(201);
    }, 90_000);

    it('find tenants by plan, state, cluster and a part of their name', async () => {
      const list = async (query: string) =>
        (await stack().operator.get<{ data: Tenant[] }>(`/v1/admin/tenants?${query}`)).body.data.map(
          ({ slug }) => slug,
        );
      expect(await list(`q=${tenant.slug.slice(2)}&state=active&plan=enterprise&cluster=main`)).toEqual([tenant.slug]);
      expect(await list(`q=${tenant.slug}&state=suspended`)).toEqual([]);
      expect(await list(`q=${tenant.slug}&plan=free`)).toEqual([]);
      expectProblem(await stack().operator.get('/v1/admin/tenants?state=happy'), 'validation');
    });

    it('say nothing of what it uses: that is read from its database', async () => {
      const usage = await stack().operator.get<TenantUsage>(`${path}/usage`);
      expect(usage).toMatchObject({ status: 200, body: { tenantId: tenant.id } });
      expect(usage.body.databaseBytes).toBeGreaterThan(1_000_000);
      expect(usage.body.transactions).toBeGreaterThan(0);
      const { today } = usage.body.requests;
      await tenant.admin.get('/v1/me');
      const counted = async (): Promise<number> =>
        (await stack().operator.get<TenantUsage>(`${path}/usage`)).body.requests.today;
      // Gateways tell every few seconds.
      await until('they have told', 30_000, async () => (await counted()) > today);
      const health = await stack().operator.get<TenantHealth>(`${path}/health`);
      expect(health.body).toMatchObject({ reachable: true, problem: null, latencyMs: expect.any(Number) });
      const unknown = '/v1/admin/tenants/0192f0c1-2b3c-7d4e-8f50-6172839405a6';
      expectProblem(await stack().operator.get(`${unknown}/usage`), 'not-found');
      expectProblem(await stack().operator.get(`${unknown}/health`), 'not-found');
    }, 60_000);

    it('show what every instance has open', async () => {
      const { body } = await stack().operator.get<{ data: InstancePools[] }>('/v1/admin/pools');
      expect(new Set(body.data.map(({ service }) => service))).toEqual(new Set(['auth', 'users', 'products']));
    });

    it('of a cluster are read and changed; the way in is told to nobody', async () => {
      const list = await stack().operator.get<{ data: Cluster[] }>('/v1/admin/clusters');
      const [main] = list.body.data;
      expect(main).toMatchObject({ name: 'main', state: 'open' });
      expect(main!.tenants).toBeGreaterThan(0);
      expect(list.text).not.toMatch(/provisioner/);
      const at = `/v1/admin/clusters/${main!.id}`;
      const { headers, body } = await stack().operator.get<Cluster>(at);
      expect(body).toEqual(main);
      expectProblem(await stack().operator.patch(at, { labels: {} }), 'precondition-required');
      const seen = stack().operator.with({ 'if-match': headers.etag });
      const changed = await seen.patch<Cluster>(at, { labels: { region: 'eu' } });
      expect(changed.body).toMatchObject({ labels: { region: 'eu' }, maxTenants: main!.maxTenants });
      expectProblem(await seen.patch(at, { labels: { region: 'us' } }), 'precondition-failed');
      const back = stack().operator.with({ 'if-match': changed.headers.etag });
      expect((await back.patch<Cluster>(at, { labels: { region: null } })).body.labels).toEqual({});
      const nowhere = { name: 'nowhere', provisionerUrl: 'postgres://nobody:x@127.0.0.1:1/postgres' };
      expectProblem(await stack().operator.post('/v1/admin/clusters', nowhere), 'validation');
    });
  });
