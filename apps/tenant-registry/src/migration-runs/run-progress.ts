import { Injectable } from '@nestjs/common';
import { schemaVersion } from '@tenantry/tenant-schema';
import type { EntityManager } from 'typeorm';
import type { RunRow } from './migration-run.js';
import { addLateBorn } from './plan.js';

/** A run that is under way, its row locked. */
export type OpenRun = Pick<
  RunRow,
  'id' | 'target' | 'check' | 'selector' | 'waves' | 'wave' | 'concurrency' | 'maxFailures'
> & { readonly forgiven: number };

type Stopped = Pick<RunRow, 'id' | 'state' | 'stateReason'>;

const openColumns = `id, target, check_only AS "check", selector, waves, wave, concurrency, max_failures AS "maxFailures", forgiven`;

/** The rules by which a run goes from wave to wave, pauses by itself, and ends. Its row is locked by whoever asks. */
@Injectable()
export class RunProgress {
  /**
   * Locks the run that is under way, and these; in the order of their birth, so that two of us never wait for each other.
   * @returns undefined also where it is for processes of a newer build, which know its target.
   */
  async lock(manager: EntityManager, ids: readonly string[]): Promise<OpenRun | undefined> {
    const rows = await manager.query<(OpenRun & Pick<RunRow, 'state'>)[]>(
      `SELECT ${openColumns}, state FROM migration_runs WHERE state = 'running' OR id = ANY ($1) ORDER BY id FOR UPDATE`,
      [ids],
    );
    return rows.find(({ state, target }) => state === 'running' && target <= schemaVersion);
  }

  /** @returns what it has come to, where more have failed than may. One that only looks goes on. */
  async pauseOfFailures(manager: EntityManager, run: OpenRun): Promise<Stopped | undefined> {
    const { id, check, forgiven, maxFailures } = run;
    if (check) return undefined;
    const failed = (await countFailed(manager, id)) - forgiven;
    return failed > maxFailures ? stop(manager, id, 'paused', `more than ${maxFailures} tenants failed`) : undefined;
  }

  /** Where nobody of the wave is left: the next one begins, or the run pauses, or it ends. */
  async endWave(manager: EntityManager, run: OpenRun): Promise<{ goesOn?: OpenRun; stopped?: Stopped }> {
    const { id, wave } = run;
    const { here, later } = await whoIsLeft(manager, run);
    if (here) return {};
    if (later) {
      const failed = run.check ? 0 : (await countFailed(manager, id)) - run.forgiven;
      if (failed > 0) return { stopped: await stop(manager, id, 'paused', `${failed} of wave ${wave} failed`) };
      await manager.query('UPDATE migration_runs SET wave = $2, updated_at = now() WHERE id = $1', [id, wave + 1]);
      return { goesOn: { ...run, wave: wave + 1 } };
    }
    if ((await addLateBorn(manager, run)) > 0) return { goesOn: run };
    const hasFailed = (await countFailed(manager, id)) > 0;
    return { stopped: await stop(manager, id, hasFailed ? 'failed' : 'succeeded', null) };
  }
}

async function whoIsLeft(manager: EntityManager, { id, wave }: OpenRun): Promise<{ here: boolean; later: boolean }> {
  const [left] = await manager.query<{ here: boolean; later: boolean }[]>(
    `SELECT EXISTS (SELECT FROM migration_targets WHERE run_id = $1 AND state = 'running')
         OR EXISTS (SELECT FROM migration_targets WHERE run_id = $1 AND state = 'pending' AND wave = $2) AS here,
       EXISTS (SELECT FROM migration_targets WHERE run_id = $1 AND state = 'pending' AND wave > $2) AS later`,
    [id, wave],
  );
  return left!;
}

async function countFailed(manager: EntityManager, runId: string): Promise<number> {
  const [row] = await manager.query<{ failed: number }[]>(
    `SELECT count(*)::int AS failed FROM migration_targets WHERE run_id = $1 AND state = 'failed'`,
    [runId],
  );
  return row!.failed;
}

async function stop(
  manager: EntityManager,
  id: string,
  state: RunRow['state'],
  stateReason: string | null,
): Promise<Stopped> {
  await manager.query(
    `UPDATE migration_runs SET state = $2, state_reason = $3, updated_at = now(),
       ended_at = CASE WHEN $2 <> 'paused' THEN now() END WHERE id = $1`,
    [id, state, stateReason],
  );
  return { id, state, stateReason };
}
