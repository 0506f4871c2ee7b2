import type { MigrationRun } from '@tenantry/contracts';

type Counts = MigrationRun['tenants'];

/** A run's row, with how many of its tenants are in which state. */
export type RunRow = Omit<MigrationRun, 'createdAt' | 'updatedAt' | 'endedAt' | 'tenants' | 'tenantsByWave'> & {
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly endedAt: Date | null;
  readonly byWave: readonly Counts[];
};

/** How many of these rows are in which state. */
const counts = `json_build_object(
  'pending', count(*) FILTER (WHERE state = 'pending'), 'running', count(*) FILTER (WHERE state = 'running'),
  'succeeded', count(*) FILTER (WHERE state = 'succeeded'), 'failed', count(*) FILTER (WHERE state = 'failed'),
  'skipped', count(*) FILTER (WHERE state = 'skipped'))`;

/** Reads runs, from `migration_runs r` on. */
export const selectRuns = `
  SELECT r.id, r.target, r.check_only AS "check", r.selector, r.waves, r.concurrency, r.max_failures AS "maxFailures",
    r.state, r.state_reason AS "stateReason", r.wave, r.actor, r.reason,
    r.created_at AS "createdAt", r.updated_at AS "updatedAt", r.ended_at AS "endedAt", w.by_wave AS "byWave", w.drifted
  FROM migration_runs r CROSS JOIN LATERAL (
    SELECT coalesce(json_agg(c.of_wave ORDER BY c.wave), '[]') AS by_wave, coalesce(sum(c.drifted), 0)::int AS drifted
    FROM (
      SELECT wave, ${counts} AS of_wave, count(*) FILTER (WHERE difference <> '{}') AS drifted
      FROM migration_targets WHERE run_id = r.id GROUP BY wave
    ) AS c
  ) AS w`;

/** What operators see of it. */
export const toRun = ({ byWave, createdAt, updatedAt, endedAt, ...rest }: RunRow): MigrationRun => {
  const sumOf = (state: keyof Counts): number => byWave.reduce((sum, wave) => sum + wave[state], 0);
  return {
    ...rest,
    tenants: {
      pending: sumOf('pending'),
      running: sumOf('running'),
      succeeded: sumOf('succeeded'),
      failed: sumOf('failed'),
      skipped: sumOf('skipped'),
    },
    tenantsByWave: [...byWave],
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
  };
};
