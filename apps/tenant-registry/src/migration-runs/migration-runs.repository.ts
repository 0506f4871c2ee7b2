import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { MigrationRuns, MigrationTarget, ParsedRequestOf } from '@tenantry/contracts';
import { currentRequest, ServiceError } from '@tenantry/service-kit';
import { DataSource, type EntityManager } from 'typeorm';
import { isUniqueViolation } from '../columns.js';
import { actor } from '../operations/operations.repository.js';
import { type RunRow, selectRuns } from './migration-run.js';
import { planOf } from './plan.js';

type Asked<Name extends keyof typeof MigrationRuns> = ParsedRequestOf<(typeof MigrationRuns)[Name]>;
type State = RunRow['state'];

/** A target as it is read: `id` is its tenant's, by which pages are found. */
export type TargetRow = Omit<MigrationTarget, 'tenantId' | 'startedAt' | 'endedAt'> & {
  readonly id: string;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
};

/** A change of a run that somebody wants. */
export interface Move {
  readonly to: State;
  readonly from: readonly State[];
  readonly reason: string | null;
  /** Done in the same transaction, after it. */
  readonly beside?: string;
}

/** Older runs go with their tenants when another is started: what operators did is in the audit. */
const keptRuns = 50;
const forgetOlder = `
  DELETE FROM migration_runs r WHERE ended_at IS NOT NULL AND id NOT IN (SELECT id FROM migration_runs ORDER BY id DESC LIMIT $1)
    AND NOT EXISTS (SELECT FROM migration_targets WHERE run_id = r.id AND state = 'running')`;

/**
 * Runs and their tenants, as operators start, read and change them; `MigrationClaims` is for those who do the work. Lists are not read from
 * the replica: who cancels the newest run, or looks who has failed in one that has ended, must not miss it.
 */
@Injectable()
export class MigrationRunsRepository {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /**
   * Writes down a run and whom it is for.
   * @throws ServiceError `run-in-progress` while another has not ended; `validation` for a selector that names what there is not.
   */
  insert({ target, check, selector, waves, concurrency, maxFailures, reason }: Asked<'start'> & { target: number }) {
    return this.asTheOnlyOne(async (manager) => {
      await manager.query(forgetOlder, [keptRuns - 1]);
      const [row] = await manager.query<{ id: string }[]>(
        `INSERT INTO migration_runs (target, check_only, selector, waves, concurrency, max_failures, actor, reason, request_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`,
        [
          ...[target, check, selector, waves, concurrency, maxFailures],
          ...[actor(), reason ?? null, currentRequest()?.requestId ?? null],
        ],
      );
      const { id } = row!;
      await planOf(manager, { id, target, check, selector, waves });
      return this.get(id, manager);
    });
  }

  /** @throws ServiceError `not-found` */
  async get(id: string, manager: EntityManager = this.database.manager): Promise<RunRow> {
    const [row] = await manager.query<RunRow[]>(`${selectRuns} WHERE r.id = $1`, [id]);
    if (!row) throw missing();
    return row;
  }

  /**
   * Without counting its tenants.
   * @throws ServiceError `not-found`
   */
  async expect(id: string): Promise<void> {
    const rows = await this.database.query<unknown[]>('SELECT FROM migration_runs WHERE id = $1', [id]);
    if (rows.length === 0) throw missing();
  }

  /** Newest first; those older than `before` only. */
  findPage(limit: number, before: string | undefined, state: State | undefined): Promise<RunRow[]> {
    return this.database.query<RunRow[]>(
      `${selectRuns} WHERE ($2::uuid IS NULL OR r.id < $2) AND ($3::text IS NULL OR r.state = $3) ORDER BY r.id DESC LIMIT $1`,
      [limit, before ?? null, state ?? null],
    );
  }

  /** The tenants of a run, youngest first; those older than `before` only. */
  findTargets(
    limit: number,
    before: string | undefined,
    { id, state, drifted }: Pick<Asked<'tenants'>, 'id' | 'state' | 'drifted'>,
  ): Promise<TargetRow[]> {
    return this.database.query<TargetRow[]>(
      `SELECT m.tenant_id AS id, t.slug, m.wave, m.state, m.from_version AS "fromVersion", m.to_version AS "toVersion",
         m.attempts, m.error, m.difference, m.started_at AS "startedAt", m.ended_at AS "endedAt"
       FROM migration_targets m JOIN tenants t ON t.id = m.tenant_id
       WHERE m.run_id = $2 AND ($3::uuid IS NULL OR m.tenant_id < $3) AND ($4::text IS NULL OR m.state = $4)
         AND ($5::boolean IS NULL OR (m.difference <> '{}') = $5)
       ORDER BY m.tenant_id DESC LIMIT $1`,
      [limit, id, before ?? null, state ?? null, drifted ?? null],
    );
  }

  /** @throws ServiceError `not-found`, `invalid-transition`, `run-in-progress` where it would be under way beside another. */
  move(id: string, { to, from, reason, beside }: Move): Promise<RunRow> {
    return this.asTheOnlyOne(async (manager) => {
      const [moved] = await manager.query<[unknown[], number]>(
        `UPDATE migration_runs SET state = $2, state_reason = $4, updated_at = now(),
           ended_at = CASE WHEN $2 NOT IN ('running', 'paused') THEN now() END
         WHERE id = $1 AND state = ANY ($3) RETURNING id`,
        [id, to, from, reason],
      );
      if (moved.length === 0) throw impossible((await this.get(id, manager)).state, to);
      if (beside) await manager.query(beside, [id]);
      return this.get(id, manager);
    });
  }

  private async inProgress(): Promise<ServiceError> {
    const [open] = await this.database.query<Pick<RunRow, 'id' | 'state'>[]>(
      'SELECT id, state FROM migration_runs WHERE ended_at IS NULL',
    );
    const which = open ? `The run ${open.id}, which is ${open.state},` : 'Another run of migrations';
    return new ServiceError('run-in-progress', `${which} has not ended yet.`);
  }

  /** Of runs that have not ended there is one. */
  private async asTheOnlyOne(work: (manager: EntityManager) => Promise<RunRow>): Promise<RunRow> {
    try {
      return await this.database.transaction(work);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw await this.inProgress();
    }
  }
}

const missing = (): ServiceError => new ServiceError('not-found', 'There is no such run of migrations.');

const impossible = (state: State, to: State): ServiceError =>
  new ServiceError('invalid-transition', `A run that is ${state} cannot become ${to}.`);
