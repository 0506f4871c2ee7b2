import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { type Answer, createTenant, newSlug, type Stack, until } from '@tenantry/testing';
import { expectProblem } from '../stories/problem.js';
import { untilWindowLasts } from '../stories/windows.js';
import { countBy, Flight } from './flight.js';

/** What the gateway and the services know of a tenant is fresh for a minute: the story lasts longer. */
const lastsMs = 66_000;
/** Promised to every request, whatever has died. */
const answeredWithinMs = 6000;
/** What the loss of Redis may add to a request. */
const addedMs = 100;
/** Of what takes no longer than this, twice as long says nothing of the machine. */
const noiseMs = 5;
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
  const before = new Readings(stack);
  for (let sent = 0; sent < 20; sent++) await before.take(() => tenant.admin.get('/v1/products'));
  stack.kill('tenant-registry');
  stack.kill('redis');
  const begunAt = Date.now();
  // The broker notices the death of a service a moment after it: until then it is a service that does not answer.
  await until('the broker has noticed', 10_000, async () => {
    const { status } = await stack.operator.get('/v1/admin/tenants');
    return status === 503;
  });

  const paths = ['/v1/products', '/v1/me', '/v1/users'];
  const during = new Readings(stack);
  const read = async (path: string) => (await sleep(200), during.take(() => tenant.admin.get(path)));
  const flights = paths.map((path) => new Flight(() => read(path), 1));
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
  const slowest = Math.max(...during.tookMs);
  console.log(`without registry and Redis for ${lastsMs / 1000} s; the slowest read took ${Math.round(slowest)} ms`);
  expect(slowest).toBeLessThan(answeredWithinMs);
  // The middle ones: of single reads a machine with other work says nothing. One that is slower altogether is not without Redis for it.
  const slower = Math.max(1, (medianOf(during.idleMs) + noiseMs) / (medianOf(before.idleMs) + noiseMs));
  expect(medianOf(during.tookMs)).toBeLessThan(medianOf(before.tookMs) * slower + addedMs);
}

/** How long reads take, and beside each how long the gateway takes for what needs nobody else. */
class Readings {
  readonly tookMs: number[] = [];
  readonly idleMs: number[] = [];

  constructor(private readonly stack: Stack) {}

  async take(read: () => Promise<Answer>): Promise<Answer> {
    const begunAt = performance.now();
    await this.stack.isReady('gateway');
    this.idleMs.push(performance.now() - begunAt);
    const answer = await read();
    this.tookMs.push(answer.tookMs);
    return answer;
  }
}

const medianOf = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
