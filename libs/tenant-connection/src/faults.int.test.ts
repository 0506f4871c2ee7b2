import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BudgetExhausted, TenantDatabaseUnavailable } from './errors.js';
import { OwnCluster } from './test/own-cluster.js';
import { OwnConnections, storm } from './test/own-connections.js';
import { placeOf } from './test/places.js';

const budget = 12;
const minute = 60_000;

let cluster: OwnCluster;
let own: OwnConnections;

const tenant = (number: number): string => cluster.id(number);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const inTenant = <Result>(number: number, work: () => Promise<Result>): Promise<Result> =>
  own.connections.runInTenant(tenant(number), work);
const state = () => {
  const [only] = own.connections.pools().clusters;
  if (only === undefined) throw new Error('no cluster yet');
  return only;
};

/** Asks again until it is answered; the milliseconds that took. */
async function untilAnswered(number: number, limitMs: number): Promise<number> {
  const start = performance.now();
  for (;;) {
    const seen = await own.canary(tenant(number)).catch((failure: unknown) => failure);
    if (seen === tenant(number)) return performance.now() - start;
    if (performance.now() - start > limitMs) throw seen;
    await sleep(50);
  }
}

beforeAll(async () => {
  cluster = await OwnCluster.start(8, 40);
}, minute);
afterAll(() => cluster.stop(), minute);

beforeEach(async () => {
  own = await OwnConnections.open(cluster, { budget, breakerOpenMs: 200 });
});
/** What must be so after anything. */
afterEach(async () => {
  const { connections, inTransaction } = await cluster.activity();
  expect(connections).toBeLessThanOrEqual(budget);
  expect(inTransaction).toBe(0);
  await own.connections.close();
  expect(await cluster.activity()).toEqual({ connections: 0, inTransaction: 0 });
});

describe('a tenant in trouble', () => {
  /** Others work on while something is done to the tenant 0. */
  const others = (meanwhile: () => Promise<void>) =>
    Promise.all([
      storm(300, 8, async (number) => {
        await sleep(2);
        expect(await own.canary(tenant(1 + (number % 7)))).toBe(tenant(1 + (number % 7)));
      }),
      meanwhile(),
    ]);

  it('whose database is gone is refused at once, costs the others nothing, and is back with its database', async () => {
    await own.canary(tenant(0));
    const name = cluster.nameOf(tenant(0));
    const [failures] = await others(async () => {
      await cluster.query(`DROP DATABASE ${name} WITH (FORCE)`);
      for (let tries = 0; tries < 10; tries++) {
        const start = performance.now();
        await expect(own.canary(tenant(0))).rejects.toThrow(TenantDatabaseUnavailable);
        expect(performance.now() - start).toBeLessThan(1000);
      }
      expect(state().tenantsOpen).toBe(1);
      expect(state().clusterOpenMs).toBe(0);
      await cluster.createDatabase(tenant(0));
    });
    expect(failures).toEqual([]);
    expect(await untilAnswered(0, 10_000)).toBeLessThan(6000);
  });

  it('whose password was changed is served on, without a failed request, before anyone has told us', async () => {
    await own.canary(tenant(0));
    const name = cluster.nameOf(tenant(0));
    const before = cluster.places.get(tenant(0));
    if (before === undefined) throw new Error('no place');
    await cluster.query(`ALTER ROLE ${name} PASSWORD 'second'`);
    const { id: tenantId, host, port, database, role } = before;
    cluster.places.set(
      tenantId,
      await placeOf({ tenantId, host, port, database, role, password: 'second' }, { generation: 2 }),
    );
    await cluster.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${name}'`);
    await sleep(50);
    expect(await own.canary(tenant(0))).toBe(tenant(0));
  });

  it('whose password we have wrong is refused, and its breaker spares the server further tries', async () => {
    const right = cluster.places.get(tenant(0));
    if (right === undefined) throw new Error('no place');
    const { id: tenantId, host, port, database, role } = right;
    cluster.places.set(tenantId, await placeOf({ tenantId, host, port, database, role, password: 'wrong' }));
    const failures = await storm(50, 5, async () => void (await own.canary(tenantId)));
    expect(failures).toHaveLength(50);
    expect(new Set(failures.map((failure) => (failure as Error).constructor))).toEqual(
      new Set([TenantDatabaseUnavailable]),
    );
    expect(failures.every((failure) => (failure as TenantDatabaseUnavailable).retryAfterSeconds !== undefined)).toBe(
      true,
    );
    expect(state().connectFailures).toBeLessThan(10);
    cluster.places.set(tenantId, { ...right, generation: 3 });
    own.connections.notice({ tenantId, generation: 3, state: 'active' });
    expect(await untilAnswered(0, 10_000)).toBeLessThan(6000);
  });

  it('that answers as somebody else is never listened to, and raises an alarm', async () => {
    const [mine, other] = [cluster.nameOf(tenant(0)), cluster.nameOf(tenant(1))];
    await cluster.query(`GRANT ${other} TO ${mine}; ALTER ROLE ${mine} SET role = '${other}'`);
    await expect(own.canary(tenant(0))).rejects.toThrow(TenantDatabaseUnavailable);
    expect(own.reports.map(({ text }) => text)).toContain('ALARM: wrong database');
    await cluster.query(`ALTER ROLE ${mine} RESET role; REVOKE ${other} FROM ${mine}`);
  });

  it('at the connection limit of its own role waits for itself, and opens no breaker of the cluster', async () => {
    const name = cluster.nameOf(tenant(0));
    await cluster.query(`ALTER ROLE ${name} CONNECTION LIMIT 0`);
    await expect(own.canary(tenant(0), 1000)).rejects.toThrow(TenantDatabaseUnavailable);
    expect(await own.canary(tenant(1))).toBe(tenant(1));
    expect(state().clusterOpenMs).toBe(0);
    await cluster.query(`ALTER ROLE ${name} CONNECTION LIMIT -1`);
  });
});

it('a statement that takes too long is ended by the server, and answered as an outage of its tenant', async () => {
  const impatient = await OwnConnections.open(cluster, { budget, statementTimeoutMs: 100 });
  const slow = () => impatient.dataSource.query('SELECT pg_sleep(5)');
  await expect(impatient.connections.runInTenant(tenant(0), slow)).rejects.toThrow(TenantDatabaseUnavailable);
  expect(await impatient.canary(tenant(0))).toBe(tenant(0));
  await impatient.connections.close();
});

describe('a session', () => {
  const runnerOf = () => own.dataSource.createQueryRunner();

  it.each([
    ['a setting', `SET search_path = nowhere`, `SHOW search_path`, 'public'],
    [
      'a setting made by a function',
      `SELECT set_config('search_path', 'nowhere', false)`,
      `SHOW search_path`,
      'public',
    ],
    [
      'an advisory lock',
      `SELECT pg_advisory_lock(1)`,
      `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'`,
      '0',
    ],
    ['a temporary table', `CREATE TEMP TABLE left_over AS SELECT 1`, `SELECT to_regclass('pg_temp.left_over')`, null],
    ['its own idea of the statement timeout', `SET statement_timeout = 1`, `SHOW statement_timeout`, '5s'],
    ['a hidden second statement', `SELECT 1; SET search_path = nowhere`, `SHOW search_path`, 'public'],
  ])('that leaves %s behind is cleaned', async (_, dirt, look, clean) => {
    await inTenant(0, async () => {
      await own.dataSource.query(dirt);
      const [seen] = await own.dataSource.query<Record<string, unknown>[]>(look);
      expect(Object.values(seen ?? {})).toEqual([clean]);
      expect(await own.connections.query('canary', 'SELECT tenant FROM canary')).toHaveLength(1);
    });
    expect(state().connects).toBe(1);
  });

  it('left with an open transaction is closed, and what it wrote is undone', async () => {
    await inTenant(0, async () => {
      const runner = runnerOf();
      await runner.query('START TRANSACTION');
      await runner.query('UPDATE canary SET count = 1000');
      await runner.release();
    });
    const [row] = await inTenant(0, () =>
      own.connections.query<{ count: number }>('count', 'SELECT count FROM canary'),
    );
    expect(row?.count).not.toBe(1000);
    expect(state().connects).toBe(2);
  });

  it('that ended between two statements of a transaction is an outage of its tenant, and none of it was done', async () => {
    const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${cluster.nameOf(tenant(0))}'`;
    const work = () =>
      own.connections.transaction(async (manager) => {
        await manager.query('UPDATE canary SET count = 2000');
        await cluster.query(end);
        // For us to hear of it before we ask again; if we have not, the answer must be the same.
        await sleep(200);
        await manager.query('UPDATE canary SET count = 3000');
      });
    await expect(inTenant(0, () => work())).rejects.toThrow(TenantDatabaseUnavailable);
    const count = () => own.connections.query<{ count: number }>('count', 'SELECT count FROM canary');
    const [row] = await inTenant(0, count);
    expect(row!.count).toBeLessThan(2000);
  });

  it('given back twice does not take it from its next user', async () => {
    await inTenant(0, async () => {
      let giveBack: () => void = () => undefined;
      await new Promise<void>((resolve, reject) =>
        own.connections.borrow((_, release) => {
          giveBack = release;
          release();
          resolve();
        }, reject),
      );
      const slow = own.connections.query('slow', 'SELECT pg_sleep(0.2)');
      giveBack();
      expect(state().busy).toBe(1);
      await slow;
    });
  });

  it('whose prepared statement was overtaken by a migration plans anew, unnoticed by the caller', async () => {
    await inTenant(0, () => own.connections.query('all', 'SELECT * FROM canary'));
    await cluster.inDatabase(cluster.nameOf(tenant(0)), 'ALTER TABLE canary ADD added int');
    expect(await inTenant(0, () => own.connections.query('all', 'SELECT * FROM canary'))).toHaveLength(1);
  });
});

describe('a server', () => {
  it.each(['orderly', 'killed'] as const)(
    'that was %s and started again is used again within 10 s',
    async (how) => {
      await storm(50, 8, async (number) => void (await own.canary(tenant(number % 8))));
      const restarted = cluster.restart(how, 1000);
      const load = await storm(200, 8, async (number) => {
        await sleep(20);
        if (number % 2 === 0) await own.canary(tenant(number % 8), 1000);
        else await inTenant(number % 8, () => own.dataSource.query('SELECT tenant, pg_sleep(0.02) FROM canary'));
      });
      await restarted;
      expect(load.length).toBeGreaterThan(0);
      for (const failure of load) expect((failure as { status?: number }).status ?? failure).toBe(503);
      for (let number = 0; number < 8; number++) expect(await untilAnswered(number, 10_000)).toBeLessThan(10_000);
    },
    minute,
  );

  it(
    'whose connections somebody else has taken is asked with restraint, and used again when they are free',
    async () => {
      await cluster.query(`ALTER ROLE postgres CONNECTION LIMIT -1`);
      await cluster.fill(60);
      const failures = await storm(200, 20, async (number) => {
        await sleep(5);
        await own.canary(tenant(number % 8), 1000);
      });
      expect(failures.length).toBeGreaterThan(0);
      for (const failure of failures)
        expect([TenantDatabaseUnavailable, BudgetExhausted]).toContain((failure as Error).constructor);
      expect(state().connectFailures).toBeLessThan(60);
      await cluster.release();
      expect(await untilAnswered(0, 10_000)).toBeLessThan(10_000);
    },
    minute,
  );
});
