import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, createTenant, type Stack, type StackTenant } from '@tenantry/testing';
import { until } from '../faults/flight.js';
import { Balancer } from './balancer.js';

/** More of them, and as fast as they go: ROLLING_REQUESTS=20000 npx nx test e2e --testPathPatterns identity. */
const atLeast = Number(process.env['ROLLING_REQUESTS'] ?? 2000);
/** Between one request of a lane and its next: without that, processes start beside a full load. */
const pauseMs = process.env['ROLLING_REQUESTS'] === undefined ? 50 : 0;
const services = ['products', 'users', 'auth', 'tenant-registry', 'gateway'];
const instances = services.flatMap((service) => [service, `${service}-2`]);

/** Who asks, how often one after the other, and what would be a good answer. */
interface Lane {
  readonly count: number;
  readonly good: number;
  ask(balancer: Balancer): Promise<Answer>;
}

/**
 * All kinds of work: reads and writes with and without a key, an operator's, and logins of somebody else: so many end a person's oldest
 * sessions.
 */
function lanesOf(stack: Stack, { accessToken }: StackTenant, { slug, email, password }: StackTenant): Lane[] {
  const admin = { authorization: `Bearer ${accessToken}` };
  const operator = { authorization: `Bearer ${stack.operatorKey}` };
  const anvil = { name: 'Anvil', price: '1' };
  const get = (path: string, headers: Record<string, string>) => (balancer: Balancer) =>
    balancer.next(headers).get(path);
  return [
    { count: 6, good: 200, ask: get('/v1/products?limit=5', admin) },
    { count: 3, good: 200, ask: get('/v1/me', admin) },
    { count: 2, good: 200, ask: get('/v1/admin/tenants?limit=5', operator) },
    { count: 2, good: 201, ask: (balancer) => balancer.next(admin).post('/v1/products', anvil) },
    {
      count: 2,
      good: 201,
      ask: (balancer) => balancer.next({ ...admin, 'idempotency-key': randomUUID() }).post('/v1/products', anvil),
    },
    {
      count: 1,
      good: 200,
      ask: (balancer) => balancer.next({ 'x-tenant': slug }).post('/v1/auth/login', { email, password }),
    },
  ];
}

/** Asks until it is told to stop; keeps what went wrong, and where it was restarted then. */
class Traffic {
  readonly failures: string[] = [];
  good = 0;
  private isOver = false;
  private readonly lanes: Promise<void>[];

  constructor(
    private readonly balancer: Balancer,
    lanes: readonly Lane[],
    private readonly meanwhile: () => string,
  ) {
    this.lanes = lanes.flatMap((lane) => Array.from({ length: lane.count }, () => this.run(lane)));
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.lanes);
  }

  private async run(lane: Lane): Promise<void> {
    while (!this.isOver) {
      const meanwhile = this.meanwhile();
      try {
        const { status, text } = await lane.ask(this.balancer);
        if (status === lane.good) this.good++;
        else this.failures.push(`${meanwhile}: ${status} ${text}`);
      } catch (error) {
        this.failures.push(`${meanwhile}: ${String(error)}`);
      }
      await sleep(pauseMs);
    }
  }
}

/** As a deployment does it: the next one goes when this one is ready, and gets work again. */
async function restart(stack: Stack, balancer: Balancer, name: string): Promise<void> {
  const before = stack.pidOf(name);
  stack.kill(name, 'SIGTERM');
  await until(`${name} is another process, and ready`, 40_000, async () => {
    return stack.pidOf(name) !== before && (await stack.isReady(name)) && balancer.sendsToAll;
  });
}

/** Every process of a stack with two of each is replaced, one after the other. */
export const rollingRestart = (stack: () => Stack): void =>
  describe('a rolling restart of every service', () => {
    let balancer: Balancer;
    let lanes: Lane[];
    beforeAll(async () => {
      lanes = lanesOf(stack(), await createTenant(stack()), await createTenant(stack()));
      balancer = new Balancer([stack().url, stack().secondUrl]);
    }, 30_000);
    afterAll(() => balancer?.close());

    it(
      'under load from outside fails no request',
      async () => {
        let restarted = 'before';
        const traffic = new Traffic(balancer, lanes, () => restarted);
        do {
          for (const name of instances) {
            restarted = name;
            await restart(stack(), balancer, name);
          }
        } while (traffic.good < atLeast && traffic.failures.length === 0);
        await traffic.stop();
        console.log(`${traffic.good} requests answered well while ${instances.length} processes were replaced`);
        expect([traffic.failures.length, traffic.failures.slice(0, 20)]).toEqual([0, []]);
        expect(traffic.good).toBeGreaterThanOrEqual(atLeast);
      },
      Math.max(240_000, atLeast * 30),
    );
  });
