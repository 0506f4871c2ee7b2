import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '@tenantry/testing';
import { OwnCluster } from './test/own-cluster.js';
import { OwnConnections, randomOf, storm } from './test/own-connections.js';

const maxConnections = 40;
const databases = 300;
const budget = 30;
const minute = 60_000;
/** Nobody is forgotten, however little of the machine is ours; how fast it goes is the bench's to say. */
const patienceMs = 30_000;

let cluster: OwnCluster;
let own: OwnConnections | undefined;
let peak = 0;
let watching = false;
let watched: Promise<void>;

const open = async (settings: ConstructorParameters<typeof OwnConnections>[1]): Promise<OwnConnections> =>
  (own = await OwnConnections.open(cluster, { budget, waitTimeoutMs: patienceMs, ...settings }));

async function watch(): Promise<void> {
  while (watching) {
    const { connections } = await cluster.activity();
    peak = Math.max(peak, connections);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

beforeAll(async () => {
  cluster = await OwnCluster.start(databases, maxConnections);
  watching = true;
  watched = watch();
}, 2 * minute);
afterAll(async () => {
  watching = false;
  await watched;
  await cluster.stop();
}, minute);

/** What must be so after anything. */
afterEach(async () => {
  const used = own?.connections.pools().clusters[0]?.budget ?? budget;
  const most = peak;
  peak = 0;
  expect(most).toBeLessThanOrEqual(used);
  // A server that is busy hears late of a connection that was cut.
  await until('no transaction is left', 5000, async () => (await cluster.activity()).inTransaction === 0);
  await own?.connections.close();
  expect(await cluster.activity()).toEqual({ connections: 0, inTransaction: 0 });
  peak = 0;
});

describe('with 300 databases behind 30 connections', () => {
  it(
    'a storm of cold tenants fails no request and mixes no rows',
    async () => {
      const { canary } = bound(await open({}));
      const random = randomOf(1);
      const wrong: string[] = [];
      const failures = await storm(800, 64, async () => {
        const tenantId = cluster.id(Math.floor(random() * databases));
        const seen = await canary(tenantId);
        if (seen !== tenantId) wrong.push(`${tenantId} saw ${seen}`);
      });
      expect(failures).toEqual([]);
      expect(wrong).toEqual([]);
      expect(peak).toBeGreaterThan(budget / 2);
    },
    2 * minute,
  );

  it(
    'a budget of two serves five tenants that take connections from each other at the moment of use',
    async () => {
      const { canary } = bound(await open({ budget: 2, visitQuantumMs: 1 }));
      const wrong: string[] = [];
      const failures = await storm(600, 10, async (number) => {
        const tenantId = cluster.id(number % 5);
        if (number % 7 === 0) await new Promise((resolve) => setTimeout(resolve, number % 5));
        const seen = await canary(tenantId);
        if (seen !== tenantId) wrong.push(`${tenantId} saw ${seen}`);
      });
      expect({ failures, wrong }).toEqual({ failures: [], wrong: [] });
      expect(own?.connections.pools().clusters[0]?.takeOvers).toBeGreaterThan(10);
    },
    2 * minute,
  );

  it(
    'a budget that is halved and doubled under load is kept',
    async () => {
      const { canary, connections } = bound(await open({}));
      const random = randomOf(2);
      const load = storm(800, 32, async () => {
        const tenantId = cluster.id(Math.floor(random() * databases));
        expect(await canary(tenantId)).toBe(tenantId);
      });
      await new Promise((resolve) => setTimeout(resolve, 200));
      connections.resize(10);
      await until('the budget is kept', 5000, async () => (await cluster.activity()).connections <= 10);
      peak = 0;
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(peak).toBeLessThanOrEqual(10);
      connections.resize(budget);
      expect(await load).toEqual([]);
    },
    2 * minute,
  );

  it(
    'work given up at random moments leaves no transaction, no half-read answer, and no write of another',
    async () => {
      const { canary, connections, dataSource } = bound(await open({ budget: 10 }));
      const random = randomOf(3);
      const wrong: string[] = [];
      const failures = await storm(400, 32, async (number) => {
        const tenantId = cluster.id(Math.floor(random() * 20));
        if (number % 3 !== 0) {
          const seen = await canary(tenantId);
          if (seen !== tenantId) wrong.push(`${tenantId} saw ${seen}`);
          return;
        }
        await connections.runInTenant(tenantId, async () => {
          const runner = dataSource.createQueryRunner();
          if (random() < 0.5) await runner.startTransaction();
          const unheard = runner.query(`UPDATE canary SET count = count + 1; SELECT pg_sleep(${random() / 50})`);
          unheard.catch(() => undefined);
          await new Promise((resolve) => setTimeout(resolve, random() * 20));
          await runner.release();
        });
      });
      expect({ failures, wrong }).toEqual({ failures: [], wrong: [] });
    },
    2 * minute,
  );

  it(
    'a tenant whose queries take ten seconds costs the others nothing',
    async () => {
      const { canary, connections } = bound(await open({ budget: 15, statementTimeoutMs: 30_000 }));
      const slow = cluster.id(0);
      const sleeping = Array.from({ length: 40 }, () =>
        connections
          .runInTenant(slow, () => connections.query('sleep', 'SELECT pg_sleep(10)'), {
            deadlineAt: performance.now() + 1000,
          })
          .catch(() => undefined),
      );
      await new Promise((resolve) => setTimeout(resolve, 200));
      const waits: number[] = [];
      const failures = await storm(400, 8, async (number) => {
        const start = performance.now();
        await canary(cluster.id(1 + (number % 10)));
        waits.push(performance.now() - start);
      });
      expect(failures).toEqual([]);
      expect(Math.max(...waits)).toBeLessThan(1000);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await cluster.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${cluster.nameOf(slow)}'`,
      );
      await Promise.all(sleeping);
      expect(await canary(slow)).toBe(slow);
    },
    2 * minute,
  );
});

const bound = (opened: OwnConnections) => ({
  canary: (tenantId: string) => opened.canary(tenantId, patienceMs),
  connections: opened.connections,
  dataSource: opened.dataSource,
});
