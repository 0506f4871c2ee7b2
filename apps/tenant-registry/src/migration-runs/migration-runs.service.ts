import { Inject, Injectable } from '@nestjs/common';
import {
  type MigrationRun,
  MigrationRuns,
  type MigrationTarget,
  type ParsedRequestOf,
  type ReplyOf,
} from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';
import { schemaVersion } from '@tenantry/tenant-schema';
import { actor } from '../operations/operations.repository.js';
import { Pages } from '../pages.js';
import { toRun } from './migration-run.js';
import { MigrationRunner } from './migration-runner.js';
import { type Move, MigrationRunsRepository, type TargetRow } from './migration-runs.repository.js';

type Asked<Name extends keyof typeof MigrationRuns> = ParsedRequestOf<(typeof MigrationRuns)[Name]>;

/** What has failed so far is known to who lets the run go on. */
const forgive = `UPDATE migration_runs SET forgiven = (SELECT count(*) FROM migration_targets WHERE run_id = $1 AND state = 'failed') WHERE id = $1`;
/** Those in hand come to their end by themselves. */
const skip = `UPDATE migration_targets SET state = 'skipped', ended_at = now() WHERE run_id = $1 AND state = 'pending'`;
/** From the first wave on in which one has failed; then the waves after it, of which nobody may be left. */
const begin = `
  WITH again AS (
    UPDATE migration_targets SET state = 'pending', error = NULL, difference = '{}', ended_at = NULL WHERE run_id = $1 AND state = 'failed'
    RETURNING wave)
  UPDATE migration_runs SET forgiven = 0, wave = least(wave, (SELECT min(wave) FROM again)) WHERE id = $1`;

const toTarget = ({ id, startedAt, endedAt, ...rest }: TargetRow): MigrationTarget => ({
  tenantId: id,
  ...rest,
  startedAt: startedAt?.toISOString() ?? null,
  endedAt: endedAt?.toISOString() ?? null,
});

/** Runs of migrations as operators see and change them. */
@Injectable()
export class MigrationRunsService {
  constructor(
    private readonly runs: MigrationRunsRepository,
    private readonly pages: Pages,
    @Inject(MigrationRunner) private readonly runner: Pick<MigrationRunner, 'wake'>,
  ) {}

  /** @throws ServiceError `run-in-progress`, `validation` */
  async start({ target = schemaVersion, ...request }: Asked<'start'>): Promise<MigrationRun> {
    if (target > schemaVersion) throw tooNew();
    return this.woken(await this.runs.insert({ ...request, target }));
  }

  /** @throws ServiceError `invalid-cursor` */
  async list(request: Asked<'list'>): Promise<ReplyOf<typeof MigrationRuns.list>> {
    const { data, nextCursor } = await this.pages.read(MigrationRuns.list, request, (limit, before) =>
      this.runs.findPage(limit, before, request.state),
    );
    return { data: data.map(toRun), nextCursor };
  }

  /** @throws ServiceError `not-found` */
  async get({ id }: Asked<'get'>): Promise<MigrationRun> {
    return toRun(await this.runs.get(id));
  }

  /** @throws ServiceError `not-found`, `invalid-cursor` */
  async tenants(request: Asked<'tenants'>): Promise<ReplyOf<typeof MigrationRuns.tenants>> {
    await this.runs.expect(request.id);
    const { data, nextCursor } = await this.pages.read(MigrationRuns.tenants, request, (limit, before) =>
      this.runs.findTargets(limit, before, request),
    );
    return { data: data.map(toTarget), nextCursor };
  }

  pause(request: Asked<'pause'>): Promise<MigrationRun> {
    return this.move(request, { to: 'paused', from: ['running'] });
  }

  resume(request: Asked<'resume'>): Promise<MigrationRun> {
    return this.move(request, { to: 'running', from: ['paused'], beside: forgive });
  }

  cancel(request: Asked<'cancel'>): Promise<MigrationRun> {
    return this.move(request, { to: 'cancelled', from: ['running', 'paused'], beside: skip });
  }

  retryFailed(request: Asked<'retryFailed'>): Promise<MigrationRun> {
    return this.move(request, { to: 'running', from: ['running', 'paused', 'failed'], beside: begin });
  }

  /** @throws ServiceError `not-found`, `invalid-transition`, `run-in-progress` */
  private async move({ id, reason }: Asked<'pause'>, move: Omit<Move, 'reason'>): Promise<MigrationRun> {
    const why = move.to === 'running' ? null : (reason ?? `by ${actor()}`);
    return this.woken(await this.runs.move(id, { ...move, reason: why }));
  }

  private woken(row: Parameters<typeof toRun>[0]): MigrationRun {
    if (row.state === 'running') this.runner.wake();
    return toRun(row);
  }
}

const tooNew = (): ServiceError =>
  new ServiceError('validation', `The newest version that the registry knows is ${schemaVersion}.`, {
    errors: [{ pointer: '/target', code: 'too-big', message: `must be at most ${schemaVersion}` }],
  });
