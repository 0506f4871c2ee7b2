import { describe, expect, it } from '@jest/globals';
import type { Operation, Tenant } from '@tenantry/contracts';
import { login, newSlug, type Stack, tenantWish } from '@tenantry/testing';
import { expectProblem } from './problem.js';

/** Tenants come to be, many at a time. */
export const manyBirths = (stack: () => Stack): void =>
  describe('creating a tenant', () => {
    const waiting = () => stack().operator.with({ prefer: 'wait=4' });

    it('answers at once with where to look, and the operation ends', async () => {
      const wish = tenantWish();
      const created = await stack().operator.post<Tenant>('/v1/admin/tenants', wish);
      expect(created).toMatchObject({ status: 202, body: { slug: wish.slug, state: 'provisioning' } });
      expect(created.headers.location).toMatch(/^\/v1\/admin\/operations\/[0-9a-f-]{36}$/);
      const early = await stack().http.with({ 'x-tenant': wish.slug }).post('/v1/auth/login', credentials(wish));
      if (early.status !== 200) expectProblem(early, 'tenant-provisioning');
      const operation = await ended(stack(), created.headers.location!);
      expect(operation).toMatchObject({ state: 'succeeded', tenantId: created.body.id });
      expect(operation.steps.map(({ name }) => name)).toEqual(['reserve', 'database', 'first-admin', 'activate']);
      expect(await stack().operator.get(`/v1/admin/tenants/${created.body.id}`)).toMatchObject({
        body: { state: 'active' },
      });
      await login(stack(), wish.slug, wish.admin.email, wish.admin.password);
    });

    it('waits for it where that is preferred, and says that it did', async () => {
      const created = await waiting().post<Tenant>('/v1/admin/tenants', tenantWish());
      expect(created).toMatchObject({ status: 201, body: { state: 'active' } });
      expect(created.headers['preference-applied']).toBe('wait=4');
      expect(created.headers.location).toBe(`/v1/admin/tenants/${created.body.id}`);
      expect((await stack().operator.get(created.headers.location!)).body).toEqual(created.body);
    });

    it('ten at once makes ten', async () => {
      const wishes = Array.from({ length: 10 }, () => tenantWish());
      const answers = await Promise.all(wishes.map((wish) => waiting().post<Tenant>('/v1/admin/tenants', wish)));
      expect(answers.map(({ status }) => status)).toEqual(wishes.map(() => 201));
      await Promise.all(wishes.map(({ slug, admin }) => login(stack(), slug, admin.email, admin.password)));
    });

    it('of one name twenty times at once makes one', async () => {
      const wish = tenantWish();
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => waiting().post<Tenant>('/v1/admin/tenants', wish)),
      );
      const made = answers.filter(({ status }) => status < 300);
      expect(made).toHaveLength(1);
      for (const answer of answers.filter((one) => !made.includes(one))) expectProblem(answer, 'slug-taken');
      const { data } = (await stack().operator.get<{ data: Tenant[] }>('/v1/admin/tenants?limit=100')).body;
      expect(data.filter(({ slug }) => slug === wish.slug)).toEqual([made[0]!.body]);
      const database = await stack().openDatabase();
      const { rows } = await database.query(`SELECT 1 FROM pg_database WHERE datname LIKE 't\\_%'`);
      const { rows: tenants } = await database.query(`SELECT 1 FROM pg_roles WHERE rolname LIKE 't\\_%'`);
      await database.end();
      expect(rows.length).toBe(tenants.length);
    });

    it('with an unknown plan, a slug that is none or a weak password is refused, and the slug stays free', async () => {
      const slug = newSlug();
      const wish = tenantWish({ slug });
      for (const change of [{ plan: 'gold' }, { slug: 'A b' }, { slug: 'ab' }, { slug: '-abc' }, { name: '' }]) {
        expectProblem(await stack().operator.post('/v1/admin/tenants', { ...wish, ...change }), 'validation');
      }
      const weak = { ...wish, admin: { ...wish.admin, password: 'short' } };
      expectProblem(await stack().operator.post('/v1/admin/tenants', weak), 'validation');
      const more = { ...wish, waitSeconds: 4 };
      expectProblem(await stack().operator.post('/v1/admin/tenants', more), 'bad-request');
      expect((await waiting().post('/v1/admin/tenants', wish)).status).toBe(201);
    });

    it('tells operators no secret and no physical name', async () => {
      const { text } = await stack().operator.get('/v1/admin/tenants');
      expect(text).not.toMatch(/password|t_[0-9a-f]{32}|127\.0\.0\.1|db_/);
    });
  });

const credentials = ({ admin: { email, password } }: ReturnType<typeof tenantWish>) => ({ email, password });

/** The operation once it runs no more; raises after 30 s. */
export async function ended(stack: Stack, location: string): Promise<Operation> {
  for (const late = Date.now() + 30_000; Date.now() < late;) {
    const { status, body } = await stack.operator.get<Operation>(location);
    if (status === 200 && body.state !== 'running') return body;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${location} did not end in 30 s`);
}
