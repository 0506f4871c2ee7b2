import { z } from 'zod';
import { message } from './message.js';
import { id, page, paging, text, timestamp } from './schemas.js';
import { slug } from './tenants.contract.js';

/** Why somebody did it: kept with the change, shown to operators. */
const reason = text(1, 500);
const version = z.int().min(1).max(10_000);

/** Which tenants a run is for: those that fit all that is said; every one where nothing is. */
const selector = z
  .strictObject({
    // A page of runs, with all that each is for, fits into a message.
    slugs: z.array(slug).min(1).max(100),
    cluster: text(1, 63),
    plan: text(1, 50),
  })
  .partial();

const waves = z
  .array(z.int().min(1).max(100_000))
  .max(10)
  .meta({
    description:
      'How many tenants come first, how many after these, and so on; all others are the last wave. One in which a tenant fails is the last that is begun until somebody resumes the run',
    examples: [[5, 50]],
  });

/** `cancelled` leaves what is done done; `failed` is at its end, and some tenants could not be migrated. */
const runState = z.enum(['running', 'paused', 'cancelled', 'succeeded', 'failed']);
/**
 * `failed` in a run that only looks: its database has another version than the target, or differs from what its version has. `skipped`:
 * archived or purged before its turn, or the run was cancelled.
 */
const targetState = z.enum(['pending', 'running', 'succeeded', 'failed', 'skipped']);

const count = z.int().min(0);

/** Of a database that has nothing in common with the others, a hundred of which are one page: more would not fit into a message. */
export const maxDifferenceLines = 50;

/** Of how many tenants a run has come how far. */
const TenantCounts = z
  .strictObject({ pending: count, running: count, succeeded: count, failed: count, skipped: count })
  .meta({ id: 'TenantCounts' });

/** A run over the databases of many tenants: brings each to a version of the schema, or only looks at it. */
export const MigrationRun = z
  .strictObject({
    id,
    target: version,
    check: z.boolean(),
    selector,
    waves: z.array(z.int()).meta({ description: 'As they were asked for' }),
    concurrency: z.int(),
    maxFailures: z.int(),
    state: runState,
    stateReason: z.string().nullable().meta({ description: 'Why it is paused, by itself or by whom' }),
    wave: z.int().meta({ description: 'The one under way, from 1' }),
    tenants: TenantCounts,
    tenantsByWave: z
      .array(TenantCounts)
      .meta({ description: 'The same of each wave that has any, the first one first' }),
    drifted: count.meta({ description: 'Tenants whose tables differ from those of their version' }),
    actor: z.string(),
    reason: z.string().nullable(),
    createdAt: timestamp,
    updatedAt: timestamp,
    endedAt: timestamp.nullable(),
  })
  .meta({ id: 'MigrationRun' });
export type MigrationRun = z.output<typeof MigrationRun>;

/** One tenant in a run. */
export const MigrationTarget = z
  .strictObject({
    tenantId: id,
    slug: z.string(),
    wave: z.int(),
    state: targetState,
    fromVersion: z.int().nullable().meta({ description: 'What its database had when it was looked at' }),
    toVersion: z.int().nullable(),
    attempts: count,
    error: z.string().nullable().meta({ description: "What went wrong; the registry's log has the cause" }),
    difference: z
      .array(z.string())
      .max(maxDifferenceLines)
      .meta({
        description: `Where its tables differ from those of its version, in at most ${maxDifferenceLines} lines: \`+\` for what is there and should not be, \`-\` for what is missing`,
      }),
    startedAt: timestamp.nullable(),
    endedAt: timestamp.nullable(),
  })
  .meta({ id: 'MigrationTarget' });
export type MigrationTarget = z.output<typeof MigrationTarget>;

export const StartMigrationRun = z
  .strictObject({
    target: version.optional().meta({ description: 'The newest that the registry knows unless said' }),
    check: z
      .boolean()
      .default(false)
      .meta({ description: 'Changes nothing: says which databases are not as they should be' }),
    selector: selector.default({}),
    waves: waves.default([]),
    concurrency: z.int().min(1).max(32).default(4).meta({ description: 'Databases at once, of all clusters together' }),
    maxFailures: z.int().min(0).max(100_000).default(10).meta({
      description: 'Tenants that may fail before the run pauses by itself; one that only looks goes on to its end',
    }),
    reason: reason.optional(),
  })
  .meta({ id: 'StartMigrationRun' });

const changed = (verb: string) =>
  message(`tenants.migration-runs.${verb}`, {
    request: z.strictObject({ id, reason: reason.optional() }),
    reply: MigrationRun,
    needs: 'tenants:write',
    tenant: null,
  });

/** Migrations of the databases of many tenants. All that change one answer `invalid-transition` where it is in no state for it. */
export const MigrationRuns = {
  /** One at a time: `run-in-progress` while another has not ended. */
  start: message('tenants.migration-runs.start', {
    request: StartMigrationRun,
    reply: MigrationRun,
    needs: 'tenants:write',
    status: 201,
    tenant: null,
  }),
  list: message('tenants.migration-runs.list', {
    request: z.strictObject({ ...paging, state: runState.optional() }),
    reply: page(MigrationRun).meta({ id: 'MigrationRunPage' }),
    needs: 'tenants:read',
    idempotent: true,
    tenant: null,
  }),
  get: message('tenants.migration-runs.get', {
    request: z.strictObject({ id }),
    reply: MigrationRun,
    needs: 'tenants:read',
    idempotent: true,
    tenant: null,
  }),
  tenants: message('tenants.migration-runs.tenants', {
    request: z.strictObject({
      id,
      ...paging,
      state: targetState.optional(),
      drifted: z.boolean().optional().meta({ description: 'Whether its tables differ from those of its version' }),
    }),
    reply: page(MigrationTarget).meta({ id: 'MigrationTargetPage' }),
    needs: 'tenants:read',
    idempotent: true,
    tenant: null,
  }),
  /** Begins no further tenant; those under way come to their end. */
  pause: changed('pause'),
  /** Goes on where it was paused, whatever has failed so far. */
  resume: changed('resume'),
  /** Ends it: what is done stays done. */
  cancel: changed('cancel'),
  /** Begins those that have failed once more, also of a run that has ended so. */
  retryFailed: changed('retry-failed'),
};
