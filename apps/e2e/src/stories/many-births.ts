import { describe, expect, it } from '@jest/globals';
import type { Operation, Tenant } from '@tenantry/contracts';
import { type Answer, login, newSlug, type Stack, tenantWish, until } from '@tenantry/testing';
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
      expect(operation.steps.filter(({ state, endedAt }) => state !== 'succeeded' || endedAt === null)).toEqual([]);
      expect(await stack().operator.get(`/v1/admin/tenants/${created.body.id}`)).toMatchObject({
        body: { state: 'active' },
      });
      await login(stack(), wish.slug, wish.admin.email, wish.admin.password);
    });

    it('waits for it where that is preferred, and says that it did', async () => {
      let created = await waiting().post<Tenant>('/v1/admin/tenants', tenantWish());
      // A machine with other work may need longer than anybody waits; so often it does not.
      for (let tries = 1; created.status === 202 && tries < 5; tries++) {
        await ended(stack(), created.headers.location!);
        created = await waiting().post<Tenant>('/v1/admin/tenants', tenantWish());
      }
      expect(created).toMatchObject({ status: 201, body: { state: 'active' } });
      expect(created.headers['preference-applied']).toBe('wait=4');
      expect(created.headers.location).toBe(`/v1/admin/tenants/${created.body.id}`);
      expect((await stack().operator.get(created.headers.location!)).body).toEqual(created.body);
    }, 60_000);

    it('twenty at once makes twenty', async () => {
      const wishes = Array.from({ length: 20 }, () => tenantWish());
      // None of them waits: how long twenty take is the machine's affair.
      const answers = await Promise.all(wishes.map((wish) => stack().operator.post<Tenant>('/v1/admin/tenants', wish)));
      for (const { status, headers } of answers) {
        expect(status).toBe(202);
        expect(await ended(stack(), headers.location!)).toMatchObject({ state: 'succeeded' });
      }
      // One after the other: that twenty passwords are looked at in time is no part of this.
      for (const { slug, admin } of wishes) await login(stack(), slug, admin.email, admin.password);
    }, 120_000);

    it('of one name fifty times at once makes one', async () => {
      const wish = tenantWish();
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => waiting().post<Tenant>('/v1/admin/tenants', wish)),
      );
      const made = answers.filter(({ status }) => status < 300);
      expect(made).toHaveLength(1);
      for (const answer of answers.filter((one) => !made.includes(one))) expectProblem(answer, 'slug-taken');
      const [{ status, headers, body }] = made as [Answer<Tenant>];
      if (status === 202) await ended(stack(), headers.location!);
      const { data } = (await stack().operator.get<{ data: Tenant[] }>(`/v1/admin/tenants?slug=${wish.slug}`)).body;
      expect(data.map(({ id }) => id)).toEqual([body.id]);
      expect(await ownedByNobody(stack())).toEqual([]);
    });

    it.each([
      ['SQL', `x'; drop database registry; --`],
      ['quotes', 'a"b"c'],
      ['other scripts', 'bücher'],
      ['punycode', 'xn--bcher-kva'],
      ['letters that look alike', 'аcme'],
      ['a picture', '🏢🏢🏢'],
      ['NUL', 'acme\u0000'],
      ['a line end', 'acme\n'],
      ['half a character', 'acme\ud800'],
      ['two hundred characters', 'a'.repeat(200)],
      ['sixty-four characters', 'a'.repeat(64)],
      ['two characters', 'ab'],
      ['nothing', ''],
      ['upper case', 'Acme'],
      ['a blank', 'a b'],
      ['a hyphen before', '-acme'],
      ['a hyphen behind', 'acme-'],
      ['a digit before', '1acme'],
      ['a dot', 'acme.example'],
      ['a path', '../registry'],
      ['a wildcard', '%25%'],
      ['a reserved word', 'www'],
      ['another', 'admin'],
      ['no text', ['acme']],
      ['an object', { toString: 'acme' }],
      ['null', null],
    ])('with %s for a slug is refused, and nothing is made', async (_, slug) => {
      const before = await census(stack());
      const { status, body } = await stack().operator.post('/v1/admin/tenants', { ...tenantWish(), slug });
      expect([400, 422]).toContain(status);
      expect(['/problems/bad-request', '/problems/validation']).toContain(body['type']);
      expect(await census(stack())).toEqual(before);
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
      expect([201, 202]).toContain((await waiting().post('/v1/admin/tenants', wish)).status);
    });

    it('tells operators no secret and no physical name', async () => {
      const { text } = await stack().operator.get('/v1/admin/tenants');
      expect(text).not.toMatch(/password|t_[0-9a-f]{32}|127\.0\.0\.1|db_/);
    });
  });

/** All databases and roles of the cluster, and the rows of tenants and operations. */
async function census(stack: Stack): Promise<unknown> {
  const registry = await stack.openDatabase('registry');
  const { rows } = await registry.query(
    `SELECT (SELECT array_agg(datname ORDER BY 1) FROM pg_database) AS databases, (SELECT count(*) FROM pg_roles) AS roles,
       (SELECT count(*) FROM tenants) AS tenants, (SELECT count(*) FROM operations) AS operations`,
  );
  await registry.end();
  return rows;
}

const credentials = ({ admin: { email, password } }: ReturnType<typeof tenantWish>) => ({ email, password });

/** The operation once it runs no more; raises after a minute. */
export async function ended(stack: Stack, location: string): Promise<Operation> {
  let operation: Operation | undefined;
  await until(`${location} has ended`, 60_000, async () => {
    const { status, body } = await stack.operator.get<Operation>(location);
    if (status === 200 && body.state !== 'running') operation = body;
    return operation !== undefined;
  });
  return operation!;
}

/** Databases and roles that are named as tenants' are, and are no tenant's. */
async function ownedByNobody(stack: Stack): Promise<string[]> {
  const [cluster, registry] = await Promise.all([stack.openDatabase(), stack.openDatabase('registry')]);
  const made = await cluster.query<{ name: string }>(
    `SELECT datname AS name FROM pg_database WHERE datname LIKE 't\\_%' UNION ALL SELECT rolname FROM pg_roles WHERE rolname LIKE 't\\_%'`,
  );
  const known = await registry.query<{ name: string }>('SELECT db_name AS name FROM tenants');
  await Promise.all([cluster.end(), registry.end()]);
  const names = new Set(known.rows.map(({ name }) => name));
  // The second role of a tenant whose credentials are being changed.
  return made.rows.map(({ name }) => name).filter((name) => !names.has(name.replace(/_b$/, '')));
}
