import { expect } from '@jest/globals';
import { createTenant, newSlug, type Stack, tenantWish } from '@tenantry/testing';
import { expectProblem } from '../stories/problem.js';
import { expectFairAnswers, until } from './flight.js';

/** The registry lives, and its database lets nobody in: what needs it says so at once, and whoever is known goes on. */
export async function registryDatabaseGone(stack: Stack): Promise<void> {
  const tenant = await createTenant(stack);
  const { email, password } = tenant;
  const logInAt = (slug: string) => stack.http.with({ 'x-tenant': slug }).post('/v1/auth/login', { email, password });
  const ofKnown = () =>
    Promise.all([
      ...['/v1/products', '/v1/me', '/v1/users'].map((path) => tenant.admin.get(path)),
      logInAt(tenant.slug),
    ]);
  const reads = () =>
    Promise.all([
      logInAt(newSlug()),
      ...['tenants', `tenants/${tenant.id}`, 'clusters', 'audit-events', 'operators'].map((path) =>
        stack.operator.get(`/v1/admin/${path}`),
      ),
    ]);
  const changes = () =>
    Promise.all([
      stack.operator.post('/v1/admin/tenants', tenantWish()),
      stack.operator.post(`/v1/admin/tenants/${tenant.id}/suspend`, { reason: 'because a test says so' }),
      stack.operator.post(`/v1/admin/tenants/${tenant.id}/rotate-credentials`, {}),
    ]);
  expect((await ofKnown()).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  const born = stack.pidOf('tenant-registry');
  const cluster = await stack.openDatabase();
  try {
    await cluster.query('ALTER DATABASE registry ALLOW_CONNECTIONS false');
    // Statements under way are cut, too.
    const cut = reads();
    await cluster.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'registry'`);
    expectFairAnswers((await cut).filter(({ status }) => status >= 500));
    for (let times = 0; times < 3; times++) {
      for (const answer of [...(await reads()), ...(await changes())]) expectProblem(answer, 'service-unavailable');
      expect((await ofKnown()).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    }
  } finally {
    await cluster.query('ALTER DATABASE registry ALLOW_CONNECTIONS true');
    await cluster.end();
  }
  await until('the registry serves again', 10_000, async () => {
    const [stranger, ...admin] = await reads();
    return stranger.status === 401 && admin.every(({ status }) => status === 200);
  });
  expect(stack.pidOf('tenant-registry')).toBe(born);
  await createTenant(stack);
}
