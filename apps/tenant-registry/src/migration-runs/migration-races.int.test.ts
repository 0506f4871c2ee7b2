import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceError } from '@tenantry/service-kit';
import { schemaVersion } from '@tenantry/tenant-schema';
import { until, within } from '@tenantry/testing';
import pg from 'pg';
import { as, badly, Fleet, well } from '../test/fleet.js';
import { type Claim, MigrationClaims } from './migration-claims.js';
import { RunProgress } from './run-progress.js';

let fleet: Fleet;
let claims: MigrationClaims;
let runs: Fleet['runs'];
let registry: Fleet['registry'];

beforeAll(async () => {
  fleet = await Fleet.make();
  ({ claims, runs, registry } = fleet);
});
beforeEach(async () => {
  await fleet.clear();
  for (let each = 0; each < 6; each++) await fleet.born(`t${each}`);
});
afterAll(() => fleet?.registry.drop());

const start: Fleet['start'] = (request) => fleet.start(request);

/** Keeps what `sql` locks from others for as long as `work` takes to come to be kept by it. */
async function whileKept(sql: string, work: (blocked: (many: number) => Promise<unknown>) => Promise<void>) {
  const keeper = new pg.Client({ connectionString: registry.url });
  await keeper.connect();
  await keeper.query(`BEGIN; ${sql}`);
  const blocked = (many: number) =>
    until(`${many} wait`, 5000, async () => {
      const [row] = await registry.source.query<{ n: number }[]>(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0`,
      );
      return row!.n >= many;
    });
  await work(blocked);
  await keeper.query('COMMIT');
  await keeper.end();
}

describe('at the same time', () => {
  it('a run is cancelled and what a dead process had in it is given back: nobody of it waits for ever', async () => {
    const run = await start({ concurrency: 1 });
    await claims.exchange('a', [], 1);
    await registry.source.query(`DELETE FROM instances WHERE executor = 'a'`);
    const both: Promise<unknown>[] = [];
    await whileKept(`SELECT FROM migration_targets WHERE state = 'running' FOR UPDATE`, async (blocked) => {
      both.push(claims.giveBack('b', [], 5));
      await blocked(1);
      const cancelled = runs.cancel({ id: run.id });
      both.push(cancelled);
      await Promise.race([cancelled, blocked(2)]);
    });
    await Promise.all(both);
    const { data } = await runs.tenants({ id: run.id, limit: 100 });
    expect(data.map(({ state }) => state)).toEqual(Array(6).fill('skipped'));
    expect(data.filter(({ endedAt }) => endedAt === null)).toEqual([]);
  });

  it('the last of a cancelled run are written down and the next run begins', async () => {
    const first = await start();
    const { claims: taken } = await claims.exchange('a', [], 32);
    await runs.cancel({ id: first.id });
    const oldest = taken.map(({ tenantId }) => tenantId).sort()[0]!;
    const order = taken.toSorted((one, other) => (one.tenantId < other.tenantId ? 1 : -1));
    const both: Promise<unknown>[] = [];
    await whileKept(`SELECT FROM tenants WHERE id = '${oldest}' FOR KEY SHARE`, async (blocked) => {
      both.push(claims.exchange('a', order.map(as(well)), 0));
      await blocked(1);
      both.push(start());
      await blocked(2);
    });
    await Promise.all(both);
  });

  it('a process stands still in the middle of an exchange, and another goes on with the run', async () => {
    await start({ concurrency: 2 });
    class StandingStill extends RunProgress {
      override lock(...given: Parameters<RunProgress['lock']>): ReturnType<RunProgress['lock']> {
        return super.lock(...given).then(() => new Promise(() => undefined));
      }
    }
    void new MigrationClaims(registry.source, new StandingStill()).exchange('a', [], 32).catch(() => undefined);
    await until('the run is kept', 5000, async () => {
      const rows = await registry.source.query<unknown[]>('SELECT FROM migration_runs FOR UPDATE SKIP LOCKED');
      return rows.length === 0;
    });
    expect((await within(9000, claims.exchange('b', [], 32))).claims).toHaveLength(2);
  }, 20_000);

  it.each([1, 2, 3])('all that may be done to a run is: its state is lawful, and there is one (%i)', async () => {
    const run = await start({ concurrency: 2, waves: [1, 2] });
    const verbs = ['pause', 'resume', 'cancel', 'retryFailed', 'start'] as const;
    let isOver = false;
    const work = async (executor: string): Promise<void> => {
      let mine: readonly Claim[] = [];
      while (!isOver) {
        const finished = mine.map((claim, index) => as(index % 2 ? badly : well)(claim));
        mine = (await claims.exchange(executor, finished, 4)).claims;
        await claims.giveBack(
          executor,
          mine.map(({ tenantId }) => tenantId),
          5,
        );
      }
      await claims.giveBack(executor, [], 5);
    };
    const workers = ['a', 'b'].map(work);
    for (let round = 0; round < 8; round++) {
      const moves = Array.from({ length: 20 }, (_, index) => verbs[(index + round) % verbs.length]!);
      await Promise.all(
        moves.map((verb) =>
          (verb === 'start' ? start({ concurrency: 3 }) : runs[verb]({ id: run.id })).catch((error: unknown) => {
            expect(error).toBeInstanceOf(ServiceError);
            expect(['invalid-transition', 'run-in-progress']).toContain((error as ServiceError).code);
          }),
        ),
      );
      const open = (await runs.list({ limit: 100 })).data.filter(({ endedAt }) => endedAt === null);
      expect(open.length).toBeLessThanOrEqual(1);
      for (const { id } of open) if (round % 2) await runs.cancel({ id }).catch(() => undefined);
    }
    isOver = true;
    await Promise.all(workers);
    for (const { state, tenants } of (await runs.list({ limit: 100 })).data)
      if (['cancelled', 'succeeded', 'failed'].includes(state))
        expect(tenants).toMatchObject({ pending: 0, running: 0 });
  });
});

describe('runs', () => {
  it('are kept, the last fifty of them, with their tenants', async () => {
    await registry.source.query(
      `INSERT INTO migration_runs (target, check_only, selector, waves, concurrency, max_failures, actor, state, ended_at)
       SELECT 1, false, '{}', '{}', 4, 10, 'nobody', 'succeeded', now() FROM generate_series(1, 60)`,
    );
    await registry.source.query(
      `INSERT INTO migration_targets (run_id, tenant_id, wave, state) SELECT r.id, t.id, 1, 'succeeded' FROM migration_runs r, tenants t`,
    );
    const before = (await runs.list({ limit: 100 })).data;
    const run = await start();
    const kept = (await runs.list({ limit: 100 })).data;
    expect(kept.map(({ id }) => id)).toEqual([run.id, ...before.slice(0, 49).map(({ id }) => id)]);
    const rows = await registry.source.query<unknown[]>('SELECT DISTINCT run_id FROM migration_targets');
    expect(rows).toHaveLength(50);
    await expect(runs.tenants({ id: before.at(-1)!.id, limit: 1 })).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a process', () => {
  it('that may not judge whether others live gives back nothing of theirs', async () => {
    await start();
    await claims.exchange('a', [], 32);
    await registry.source.query(`UPDATE instances SET seen_at = now() - interval '1 minute'`);
    await claims.giveBack('b', [], null);
    expect((await claims.exchange('b', [], 32)).claims).toEqual([]);
    await claims.giveBack('a', [], null);
    expect((await claims.exchange('b', [], 32)).claims).toHaveLength(4);
  });

  it('of an older build leaves alone what it does not know the way to', async () => {
    const run = await start();
    await registry.source.query('UPDATE migration_runs SET target = $2 WHERE id = $1', [run.id, schemaVersion + 1]);
    expect(await claims.exchange('a', [], 32)).toEqual({ claims: [], changed: [], stopped: undefined });
    expect((await runs.get({ id: run.id })).state).toBe('running');
  });
});
