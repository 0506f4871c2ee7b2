import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { createTenant, newSlug, type Stack, type StackTenant, until } from '@tenantry/testing';
import { expectProblem } from '../stories/problem.js';
import { untilWindowLasts } from '../stories/windows.js';
import { countBy, Flight } from './flight.js';

/** What the gateway and the services know of a tenant is fresh for a minute: the story lasts longer. */
const lastsMs = 66_000;
/** Promised to every request, whatever has died. */
const answeredWithinMs = 6000;
/** What the loss of Redis may add to a request. */
const addedMs = 100;
const small = 20;

/** The registry and Redis die and stay dead (the stack's TENANTRY_RESTART=0): whoever is known goes on. */
export async function registryGone(stack: Stack): Promise<void> {
  const [tenant, limited] = await Promise.all([createTenant(stack), createTenant(stack)]);
  const login = () =>
    stack.http
      .with({ 'x-tenant': tenant.slug })
      .post('/v1/auth/login', { email: tenant.email, password: tenant.password });
  expect((await tenant.admin.get('/v1/products')).status).toBe(200);
  expect((await login()).status).toBe(200);
  await stack.operator
    .with({ 'if-match': '*' })
    .patch(`/v1/admin/tenants/${limited.id}`, { limits: { requestsPerMinute: small } });
  await until('the limit is known', 5000, async () => {
    return String((await limited.admin.get('/v1/me')).headers['ratelimit-policy']).includes(`q=${small};`);
  });
  const before = await readTimes(tenant);
  stack.kill('tenant-registry');
  stack.kill('redis');
  const begunAt = Date.now();
  // The broker notices the death of a service a moment after it: until then it is a service that does not answer.
  await until('the broker has noticed', 10_000, async () => {
    const { status } = await stack.operator.get('/v1/admin/tenants');
    return status === 503;
  });

  const paths = ['/v1/products', '/v1/me', '/v1/users'];
  const flights = paths.map((path) => new Flight(async () => (await sleep(200), tenant.admin.get(path)), 1));
  flights.push(new Flight(async () => (await sleep(2000), login()), 1));
  const stranger = await stack.http
    .with({ 'x-tenant': newSlug() })
    .post('/v1/auth/login', { email: 'a@b.c', password: 'x' });
  expectProblem(stranger, 'service-unavailable');
  expectProblem(await stack.operator.get('/v1/admin/tenants'), 'service-unavailable');
  // Each gateway limits what it sees.
  await untilWindowLasts(10_000);
  const many = await Promise.all(Array.from({ length: 3 * small }, () => limited.admin.get('/v1/me')));
  expectProblem(
    many.find(({ status }) => status !== 200)!,
    'rate-limited',
  );
  expect(countBy(many)[200] ?? 0).toBeLessThanOrEqual(small);
  await sleep(Math.max(0, begunAt + lastsMs - Date.now()));

  await Promise.all(flights.map((flight) => flight.land()));
  for (const { answers, unanswered } of flights) {
    expect(unanswered).toEqual([]);
    expect(countBy(answers)).toEqual({ 200: answers.length });
    expect(answers.length).toBeGreaterThan(20);
  }
  const answer = await tenant.admin.get('/v1/products');
  expect(answer.headers['ratelimit-policy']).toBe('"tenant";q=6000;w=60');
  const times = flights.slice(0, 3).flatMap(({ answers }) => answers.map(({ tookMs }) => tookMs));
  const slowest = Math.max(...times);
  console.log(`without registry and Redis for ${lastsMs / 1000} s; the slowest read took ${Math.round(slowest)} ms`);
  expect(slowest).toBeLessThan(answeredWithinMs);
  // The middle ones: of single reads a machine with other work says nothing.
  expect(medianOf(times)).toBeLessThan(medianOf(before) + addedMs);
}

async function readTimes({ admin }: StackTenant): Promise<number[]> {
  const times = [];
  for (let sent = 0; sent < 20; sent++) times.push((await admin.get('/v1/products')).tookMs);
  return times;
}

const medianOf = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
