import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { createTenant, login as logIn, newSlug, type Stack, tenantWish } from '@tenantry/testing';
import { ended } from '../stories/many-births.js';
import { expectProblem } from '../stories/problem.js';
import { countBy, expectFairAnswers, until } from './flight.js';

const services = ['gateway', 'auth', 'users', 'products', 'tenant-registry'];
const backWithinMs = 15_000;

/** NATS is gone for a minute (the stack's TENANTRY_RESTART) and comes back. */
export async function brokerGone(stack: Stack): Promise<void> {
  const tenant = await createTenant(stack);
  const login = { email: tenant.email, password: tenant.password };
  const everything = () =>
    Promise.all([
      tenant.admin.get('/v1/products?limit=100'),
      tenant.admin.post('/v1/products', { name: 'Anvil', price: '1' }),
      tenant.admin.get('/v1/me'),
      tenant.admin.get('/v1/users'),
      stack.http.with({ 'x-tenant': tenant.slug }).post('/v1/auth/login', login),
      stack.operator.get('/v1/admin/tenants'),
    ]);
  const pids = () => services.map((name) => stack.pidOf(name));

  const before = await everything();
  expect(before.map(({ status }) => status)).toEqual([200, 201, 200, 200, 200, 200]);
  const born = pids();
  stack.kill('nats');
  const goneAt = Date.now();
  const during = [];
  while (Date.now() - goneAt < 57_000) {
    during.push(...(await everything()));
    await sleep(2000);
  }
  expectFairAnswers(during);
  expect(Object.keys(countBy(during)).filter((status) => Number(status) < 300)).toEqual([]);
  for (const path of ['/livez', '/problems']) expect((await stack.http.get(path)).status).toBe(200);
  expect((await stack.http.get('/readyz')).status).toBe(503);

  await until('NATS runs again', 30_000, () => stack.pidOf('nats') > 0);
  expect(Date.now() - goneAt).toBeGreaterThan(59_000);
  const after: Awaited<ReturnType<typeof everything>>[] = [];
  const tookMs = await until('everything is served again', backWithinMs, async () => {
    after.push(await everything());
    return after.at(-1)!.every(({ status }) => status < 300);
  });
  console.log(`all services served again ${Math.round(tookMs)} ms after NATS came back`);
  expectFairAnswers(after.flat());
  expect(pids()).toEqual(born);

  const written = [before, ...after].flatMap(([, created]) => (created.status === 201 ? [created.body['id']] : []));
  const { data } = (await tenant.admin.get<{ data: { id: string }[] }>('/v1/products?limit=100')).body;
  expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining(written));
  await createTenant(stack);
}

/** A step of a tenant's birth fails for good: nothing of it stays, and the slug is free. */
export async function birthFails(stack: Stack): Promise<void> {
  await createTenant(stack);
  const cluster = await stack.openDatabase();
  try {
    const names = async (sql: string) =>
      (await cluster.query<{ name: string }>(sql)).rows.map(({ name }) => name).toSorted();
    const physical = async () => [
      ...(await names('SELECT datname AS name FROM pg_database')),
      ...(await names('SELECT rolname AS name FROM pg_roles')),
    ];
    await cluster.query('ALTER ROLE provisioner NOCREATEDB');
    const before = await physical();
    const wish = tenantWish({ slug: newSlug() });
    const { status, headers, body } = await stack.operator.post('/v1/admin/tenants', wish);
    expect(status).toBe(202);
    const operation = await ended(stack, headers.location!);
    expect(operation).toMatchObject({ state: 'failed', tenantId: body['id'] });
    expect(operation.steps.filter(({ state }) => state === 'failed').map(({ name }) => name)).toEqual(['database']);
    expect(operation.steps.at(-1)).toMatchObject({ name: 'undo', state: 'succeeded' });
    expect(JSON.stringify(operation)).not.toMatch(/template|postgres|t_[0-9a-f]{32}/);
    expect(await physical()).toEqual(before);
    expect(await stack.operator.get(`/v1/admin/tenants/${body['id'] as string}`)).toMatchObject({
      body: { state: 'failed' },
    });
    expect(
      (await stack.http.with({ 'x-tenant': wish.slug }).post('/v1/auth/login', { email: 'a@b.c', password: 'x' }))
        .status,
    ).toBe(401);

    await cluster.query('ALTER ROLE provisioner CREATEDB');
    await createTenant(stack, { slug: wish.slug });
    const again = () => stack.operator.post(`/v1/admin/tenants/${body['id'] as string}/retry`, {});
    expectProblem(await again(), 'slug-taken');
    const registry = await stack.openDatabase('registry');
    const slug = newSlug();
    await registry.query('UPDATE tenants SET slug = $2 WHERE id = $1', [body['id'], slug]);
    await registry.end();
    const retried = await again();
    expect(retried.status).toBe(202);
    expect(await ended(stack, retried.headers.location!)).toMatchObject({ state: 'succeeded' });
    await logIn(stack, slug, wish.admin.email, wish.admin.password);
  } finally {
    await cluster.end();
  }
}
