import type { MigrationRun, MigrationTarget } from '@tenantry/contracts';

export const runId = '0192f0c1-2b3c-7d4e-8f50-6172839405a6';
const at = '2026-01-01T00:00:00.000Z';

type Counts = MigrationRun['tenants'];

export const counts = (some: Partial<Counts>): Counts => ({
  ...{ pending: 0, running: 0, succeeded: 0, failed: 0, skipped: 0 },
  ...some,
});

const sum = (all: readonly Counts[]): Counts =>
  all.reduce(
    (one, other) => ({
      pending: one.pending + other.pending,
      running: one.running + other.running,
      succeeded: one.succeeded + other.succeeded,
      failed: one.failed + other.failed,
      skipped: one.skipped + other.skipped,
    }),
    counts({}),
  );

/** A run with so many tenants in each of its waves, as the gateway answers it. */
export function runOf(state: MigrationRun['state'], waves: readonly Counts[], more: object = {}): MigrationRun {
  return {
    ...{ id: runId, target: 12, check: false, selector: {}, waves: [], concurrency: 4, maxFailures: 10, state },
    ...{
      stateReason: null,
      wave: 1,
      tenants: sum(waves),
      tenantsByWave: [...waves],
      drifted: 0,
      actor: 'operator:x',
      reason: null,
    },
    ...{ createdAt: at, updatedAt: at, endedAt: ['running', 'paused'].includes(state) ? null : at, ...more },
  };
}

export const failedTarget = (slug: string, more: Partial<MigrationTarget> = {}): MigrationTarget => ({
  ...{ tenantId: runId, slug, wave: 1, state: 'failed', fromVersion: 11, toVersion: null, attempts: 2 },
  ...{ error: 'waited for a lock for too long', difference: [], startedAt: at, endedAt: at, ...more },
});
