import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { TenantNotice, TenantState } from '@tenantry/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import type { RunRow } from './migration-run.js';
import { type OpenRun, RunProgress } from './run-progress.js';

/** One tenant of a run, in the hands of one process. */
export interface Claim {
  readonly runId: string;
  readonly tenantId: string;
  readonly target: number;
  readonly check: boolean;
  readonly database: string;
  readonly clusterId: string;
  readonly state: TenantState;
  /** What the registry takes its database for. */
  readonly schemaVersion: number;
}

/** What became of it. */
export interface Outcome {
  readonly state: 'succeeded' | 'failed' | 'skipped';
  /** What the database had, and has now; null where nobody could ask it. */
  readonly from: number | null;
  readonly to: number | null;
  /** Of its tables; null where they were not read. */
  readonly fingerprint: string | null;
  readonly difference: readonly string[];
  readonly error: string | null;
}

export interface Finished {
  readonly claim: Claim;
  readonly outcome: Outcome;
}

/** What came of an exchange. */
export interface Exchanged {
  readonly claims: readonly Claim[];
  /** Of tenants whose version has changed. */
  readonly changed: readonly TenantNotice[];
  /** A run that has paused by itself, or ended. */
  readonly stopped: Pick<RunRow, 'id' | 'state' | 'stateReason'> | undefined;
}

type Accepted = Pick<Claim, 'runId' | 'tenantId'>;

/** A process that stands still in the middle of it keeps nobody from the run: before it is missed itself, its transaction is. */
const shortly = 'SET LOCAL synchronous_commit = off; SET LOCAL idle_in_transaction_session_timeout = 3000';

const writeDown = `
  UPDATE migration_targets m
  SET state = o.state, from_version = coalesce(m.from_version, o."from"), to_version = o."to", error = o.error, difference = o.difference,
    claimed_by = NULL, ended_at = now()
  FROM jsonb_to_recordset($2) AS o ("runId" uuid, "tenantId" uuid, state text, "from" int, "to" int, error text, difference text[])
  WHERE m.run_id = o."runId" AND m.tenant_id = o."tenantId" AND m.state = 'running' AND m.claimed_by = $1
  RETURNING m.run_id AS "runId", m.tenant_id AS "tenantId"`;

const mirrorVersions = `
  UPDATE tenants t SET schema_version = o."to", schema_fingerprint = o.fingerprint
  FROM jsonb_to_recordset($1) AS o ("tenantId" uuid, "to" int, fingerprint text)
  WHERE t.id = o."tenantId" AND t.schema_version <> o."to"
  RETURNING t.id AS "tenantId", t.slug, t.state, t.generation::float8 AS generation`;

/** By itself, since it is nobody else's to know: generations stay. */
const mirrorFingerprints = `
  UPDATE tenants t SET schema_fingerprint = o.fingerprint FROM jsonb_to_recordset($1) AS o ("tenantId" uuid, fingerprint text)
  WHERE t.id = o."tenantId" AND t.schema_fingerprint IS DISTINCT FROM o.fingerprint`;

const claimNext = `
  UPDATE migration_targets m SET state = 'running', claimed_by = $2, attempts = attempts + 1, started_at = now(), ended_at = NULL, error = NULL
  FROM tenants t
  WHERE m.run_id = $1 AND t.id = m.tenant_id AND m.tenant_id IN (
    SELECT tenant_id FROM migration_targets WHERE run_id = $1 AND state = 'pending' AND wave = $3 ORDER BY tenant_id
    LIMIT least($5, greatest(0, $4 - (SELECT count(*) FROM migration_targets WHERE run_id = $1 AND state = 'running'))))
  RETURNING m.run_id AS "runId", m.tenant_id AS "tenantId", t.db_name AS database, t.cluster_id AS "clusterId", t.state,
    t.schema_version AS "schemaVersion"`;

/** In the order in which `RunProgress` locks them. */
const lockWorkedOn = `
  SELECT FROM migration_runs WHERE id IN (SELECT run_id FROM migration_targets WHERE state = 'running') ORDER BY id FOR UPDATE`;

const giveBack = `
  UPDATE migration_targets m SET claimed_by = NULL, state = CASE WHEN r.ended_at IS NULL THEN 'pending' ELSE 'skipped' END,
    ended_at = CASE WHEN r.ended_at IS NOT NULL THEN now() END
  FROM migration_runs r
  WHERE r.id = m.run_id AND m.state = 'running' AND CASE m.claimed_by WHEN $1 THEN m.tenant_id <> ALL ($2)
    ELSE $3::float8 IS NOT NULL
      AND m.claimed_by NOT IN (SELECT executor FROM instances WHERE seen_at > now() - make_interval(secs => $3)) END`;

/**
 * Which process of the registry has which tenant of the run in hand.
 *
 * Invariant: whatever gives or takes a tenant locks its run's row first, so that never more than `concurrency` are in hand, and the end of a
 * wave is seen by whoever ends its last tenant. Nothing here waits for the disk: what a crash of the database forgets is done already when
 * it is done again.
 */
@Injectable()
export class MigrationClaims {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly progress: RunProgress,
  ) {}

  /** Whether there is anything to be done, by this process or another. */
  async areOpen(): Promise<boolean> {
    const [row] = await this.database.query<{ open: boolean }[]>(
      `SELECT EXISTS (SELECT FROM migration_runs WHERE state = 'running')
         OR EXISTS (SELECT FROM migration_targets WHERE state = 'running') AS open`,
    );
    return row!.open;
  }

  /**
   * Writes down what became of tenants, each unless somebody else has it by now, and takes the next ones.
   * @param room for so many more, once these are done.
   */
  exchange(executor: string, finished: readonly Finished[], room: number): Promise<Exchanged> {
    return this.database.transaction(async (manager) => {
      await manager.query(shortly);
      const run = await this.progress.lock(manager, [...new Set(finished.map(({ claim }) => claim.runId))]);
      const changed = finished.length > 0 ? await writeDownAll(manager, executor, finished) : [];
      if (!run) return { claims: [], changed, stopped: undefined };
      const hasFailed = finished.some(({ outcome }) => outcome.state === 'failed');
      const paused = hasFailed ? await this.progress.pauseOfFailures(manager, run) : undefined;
      return { changed, ...(paused ? { claims: [], stopped: paused } : await this.take(manager, run, executor, room)) };
    });
  }

  /**
   * Gives back what this process is said to have in hand and has not, and what dead ones had.
   * @param deadSeconds how long silence lasts that is taken for death; null: of others nothing is given back.
   */
  async giveBack(executor: string, inHand: readonly string[], deadSeconds: number | null): Promise<void> {
    await this.database.transaction(async (manager) => {
      await manager.query(shortly);
      await manager.query(lockWorkedOn);
      await manager.query(giveBack, [executor, inHand, deadSeconds]);
    });
  }

  private async take(
    manager: EntityManager,
    run: OpenRun,
    executor: string,
    room: number,
  ): Promise<Pick<Exchanged, 'claims' | 'stopped'>> {
    const { id, target, check, wave, concurrency } = run;
    const parameters = [id, executor, wave, concurrency, room];
    const [rows] = await manager.query<[Omit<Claim, 'target' | 'check'>[], number]>(claimNext, parameters);
    if (rows.length > 0) return { claims: rows.map((row) => ({ ...row, target, check })), stopped: undefined };
    const { goesOn, stopped } = await this.progress.endWave(manager, run);
    return goesOn ? this.take(manager, goesOn, executor, room) : { claims: [], stopped };
  }
}

async function writeDownAll(
  manager: EntityManager,
  executor: string,
  finished: readonly Finished[],
): Promise<TenantNotice[]> {
  const all = finished.map(({ claim: { runId, tenantId, check }, outcome }) => ({
    runId,
    tenantId,
    check,
    ...outcome,
  }));
  const [accepted] = await manager.query<[Accepted[], number]>(writeDown, [executor, JSON.stringify(all)]);
  const ours = new Set(accepted.map(({ runId, tenantId }) => `${runId} ${tenantId}`));
  const seen = all.filter(({ runId, tenantId, to }) => to !== null && ours.has(`${runId} ${tenantId}`));
  const migrated = seen.filter(({ check }) => !check);
  const [changed] = migrated.length
    ? await manager.query<[TenantNotice[], number]>(mirrorVersions, [JSON.stringify(migrated)])
    : [[]];
  const done = new Set(changed.map(({ tenantId }) => tenantId));
  const read = seen.filter(({ tenantId, fingerprint }) => fingerprint !== null && !done.has(tenantId));
  if (read.length > 0) await manager.query(mirrorFingerprints, [JSON.stringify(read)]);
  return changed;
}
