import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { Tenant } from '@tenantry/contracts';
import { type Answer, login, type Stack, tenantWish } from '@tenantry/testing';
import { until } from '../faults/flight.js';
import { ended } from '../stories/many-births.js';

const steps = ['reserve', 'database', 'first-admin', 'activate'];
const instances = ['tenant-registry', 'tenant-registry-2'];

interface LogLine {
  readonly step?: string;
  readonly tenantId?: string;
  readonly msg?: string;
}

/** The registry ends in the middle of births; whoever is left finishes them. */
export const interruptedBirths = (stack: () => Stack): void =>
  describe('a birth whose registry ends', () => {
    const births: { wish: ReturnType<typeof tenantWish>; location: string; id: string }[] = [];

    const begin = async (): Promise<string> => {
      const wish = tenantWish();
      const created = await untilAccepted(() => stack().operator.post<Tenant>('/v1/admin/tenants', wish));
      births.push({ wish, location: created.headers.location!, id: created.body.id });
      return created.body.id;
    };

    // Three at a time: of the two others nobody knows how far they are.
    it.each(steps)(
      'after %s ends all the same',
      async (step) => {
        const [id] = await Promise.all([begin(), begin(), begin()]);
        stack().kill(await instanceAfter(stack(), id, step));
      },
      30_000,
    );

    it('by a process that stood still and wakes up late too', async () => {
      await bothRun(stack());
      const instance = await instanceAfter(stack(), await begin(), 'reserve');
      const sleeper = stack().pidOf(instance);
      process.kill(sleeper, 'SIGSTOP');
      // Long enough to be taken for dead, and for another one to go on.
      await sleep(7500);
      process.kill(sleeper, 'SIGCONT');
    }, 40_000);

    it('is over within a minute: all are active, with one database and one role each', async () => {
      const operations = await Promise.all(births.map(({ location }) => ended(stack(), location)));
      const failed = births.filter((_, index) => operations[index]!.state === 'failed');
      await Promise.all(
        births
          .filter((birth) => !failed.includes(birth))
          .map(({ wish }) => login(stack(), wish.slug, wish.admin.email, wish.admin.password)),
      );
      // What has failed is free again.
      for (const { wish } of failed) expect((await stack().operator.post('/v1/admin/tenants', wish)).status).toBe(202);
      await expectNoOrphans(stack());
      expect(failed).toEqual([]);
    }, 60_000);
  });

/** The instance that has done `step` of the tenant's birth, as soon as it says so. After `reserve`: the one that took it. */
async function instanceAfter(stack: Stack, tenantId: string, step: string): Promise<string> {
  for (const late = Date.now() + 15_000; Date.now() < late;) {
    for (const instance of instances) {
      const lines = stack.logOf(instance).split('\n');
      if (lines.some((line) => isAfter(line, tenantId, step))) return instance;
    }
    await sleep(1);
  }
  throw new Error(`nobody has done ${step} of ${tenantId}`);
}

function isAfter(line: string, id: string, step: string): boolean {
  if (!line.includes(id)) return false;
  const said = JSON.parse(line) as LogLine;
  if (said.tenantId !== id) return false;
  return step === 'reserve' ? said.step === 'database' : said.step === step && said.msg === 'a step is done';
}

async function untilAccepted(ask: () => Promise<Answer<Tenant>>): Promise<Answer<Tenant>> {
  for (const late = Date.now() + 20_000; Date.now() < late; await sleep(100)) {
    const answer = await ask();
    if (answer.status === 202) return answer;
    expect([409, 503, 504]).toContain(answer.status);
  }
  throw new Error('nobody takes a tenant');
}

async function bothRun(stack: Stack): Promise<void> {
  const registry = await stack.openDatabase('registry');
  await until('two registries live', 20_000, async () => {
    const { rows } = await registry.query(
      `SELECT DISTINCT name FROM instances WHERE seen_at > now() - interval '1500 ms'`,
    );
    return rows.length === 2;
  });
  await registry.end();
}

/** Databases and roles of tenants are those of the tenants that there are. */
async function expectNoOrphans(stack: Stack): Promise<void> {
  const [cluster, registry] = await Promise.all([stack.openDatabase(), stack.openDatabase('registry')]);
  const names = async (client: typeof cluster, sql: string): Promise<string[]> =>
    (await client.query<{ name: string }>(sql)).rows.map(({ name }) => name).toSorted();
  await until('nothing is under way', 30_000, async () => {
    const { rows } = await registry.query('SELECT 1 FROM operations WHERE ended_at IS NULL');
    return rows.length === 0;
  });
  const living = `state NOT IN ('failed', 'purged')`;
  expect(await names(cluster, `SELECT datname AS name FROM pg_database WHERE datname LIKE 't\\_%'`)).toEqual(
    await names(registry, `SELECT db_name AS name FROM tenants WHERE ${living}`),
  );
  expect(await names(cluster, `SELECT rolname AS name FROM pg_roles WHERE rolname LIKE 't\\_%'`)).toEqual(
    await names(registry, `SELECT db_user AS name FROM tenants WHERE ${living}`),
  );
  await Promise.all([cluster.end(), registry.end()]);
}
