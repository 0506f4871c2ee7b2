import type { MigrationRun } from '@tenantry/contracts';

/** A run's row, with how many of its tenants are in which state. */
export type RunRow = Omit<MigrationRun, 'createdAt' | 'updatedAt' | 'endedAt' | 'tenants'> &
  MigrationRun['tenants'] & { readonly createdAt: Date; readonly updatedAt: Date; readonly endedAt: Date | null };

/** Of `migration_runs r`. */
export const runColumns = `r.id, r.target, r.check_only AS "check", r.selector, r.waves, r.concurrency, r.max_failures AS "maxFailures",
  r.state, r.state_reason AS "stateReason", r.wave, r.actor, r.reason,
  r.created_at AS "createdAt", r.updated_at AS "updatedAt", r.ended_at AS "endedAt", counts.*`;

/** Beside `migration_runs r`. */
export const runCounts = `CROSS JOIN LATERAL (
  SELECT (count(*) FILTER (WHERE state = 'pending'))::int AS pending, (count(*) FILTER (WHERE state = 'running'))::int AS running,
    (count(*) FILTER (WHERE state = 'succeeded'))::int AS succeeded, (count(*) FILTER (WHERE state = 'failed'))::int AS failed,
    (count(*) FILTER (WHERE state = 'skipped'))::int AS skipped, (count(*) FILTER (WHERE difference <> '{}'))::int AS drifted
  FROM migration_targets WHERE run_id = r.id) counts`;

/** What operators see of it. */
export const toRun = (row: RunRow): MigrationRun => {
  const { pending, running, succeeded, failed, skipped, createdAt, updatedAt, endedAt, ...rest } = row;
  return {
    ...rest,
    tenants: { pending, running, succeeded, failed, skipped },
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
  };
};
