import type { MigrationRun, MigrationTarget } from '@tenantry/contracts';
import { ApiError } from './api.ts';
import type { Context } from './context.ts';
import { SomeFailed } from './exit.ts';
import type { Step } from './steps.ts';
import { watch } from './watch.ts';

export const runsPath = '/v1/admin/migration-runs';

/** How to go on with a run. */
export const verbOf = (verb: string, id: string): string => `npm run -s tenants -- migrate ${verb} ${id}`;

type Counts = MigrationRun['tenants'];

const doneOf = ({ succeeded, failed, skipped }: Counts): number => succeeded + failed + skipped;
const totalOf = (counts: Counts): number => doneOf(counts) + counts.pending + counts.running;

function stateOf(counts: Counts, isLast: boolean, { endedAt }: MigrationRun): Step['state'] {
  const { pending, running, succeeded, failed } = counts;
  // Tenants that were born behind meanwhile are put into the last one.
  if (pending + running > 0 || (isLast && endedAt === null))
    return doneOf(counts) + running > 0 ? 'running' : 'pending';
  if (failed > 0) return 'failed';
  return succeeded > 0 ? 'succeeded' : 'skipped';
}

/** A step for each wave. */
function stepsOf(run: MigrationRun): Step[] {
  return run.tenantsByWave.map((counts, at, waves) => {
    const { failed, skipped } = counts;
    return {
      name: `wave ${at + 1}`,
      state: stateOf(counts, at === waves.length - 1, run),
      progress: { done: doneOf(counts), total: totalOf(counts) },
      note: `${failed > 0 ? `, ${failed} failed` : ''}${skipped > 0 ? `, ${skipped} skipped` : ''}`,
    };
  });
}

const columns = ['slug', 'wave', 'fromVersion', 'toVersion', 'attempts', 'error'];

/** Which tenants of a run are looked at: those that failed, or those whose tables are not those of their version. */
export const failures = { state: 'failed' };
export const drifted = { drifted: 'true' };

/** Each with how its tables differ. */
export async function showTenants(
  { api, output }: Context,
  id: string,
  which: typeof failures | typeof drifted,
): Promise<void> {
  const found = await api.all<MigrationTarget>(`${runsPath}/${encodeURIComponent(id)}/tenants`, which);
  output.many(found, columns, ({ difference }) => difference);
  output.progress(`${found.length} of run ${id}`);
}

/** @throws SomeFailed, or ApiError, for a run that did not do all that it was to do. */
function judge({ id, check, state, stateReason, tenants }: MigrationRun): void {
  const { failed } = tenants;
  const of = `${failed} of ${totalOf(tenants)}`;
  switch (state) {
    case 'paused':
      throw new SomeFailed(
        [
          `paused: ${stateReason ?? 'nobody said why'}`,
          `  what failed:   ${verbOf('failures', id)}`,
          `  to try again:  ${verbOf('retry-failed', id)}`,
          `  to go on:      ${verbOf('resume', id)}`,
          `  to end it:     ${verbOf('cancel', id)}`,
        ].join('\n'),
      );
    case 'failed':
      if (check) throw new SomeFailed(`${of} databases are not as they should be`);
      throw new SomeFailed(
        [
          `${of} tenants failed`,
          `  what failed:   ${verbOf('failures', id)}`,
          `  to try again:  ${verbOf('retry-failed', id)}`,
        ].join('\n'),
      );
    case 'cancelled':
      throw new ApiError(`cancelled: ${stateReason ?? 'nobody said why'}`, 409);
    default:
  }
}

/**
 * Watches a run until it goes on no more, and shows what has become of it; Ctrl-C ends the watching alone.
 * @throws SomeFailed, or ApiError, where it did not do all that it was to do.
 */
export async function followRun(context: Context, id: string): Promise<void> {
  const { api, output } = context;
  const run = await watch<MigrationRun>(output, {
    ask: () => api.get(`${runsPath}/${encodeURIComponent(id)}`),
    stepsOf,
    isOver: ({ state }) => state !== 'running',
    // One tenant after the other, for hours: only with a wave begins something new.
    newsOf: ({ wave }) => String(wave),
    again: `To watch it again: ${verbOf('follow', id)}`,
  });
  if (!run) return;
  if (run.check) await showTenants(context, id, failures);
  else output.one(run);
  if (!run.check && totalOf(run.tenants) === 0) output.progress(`nobody was behind version ${run.target}`);
  if (run.check && run.state === 'succeeded') output.progress(`all ${totalOf(run.tenants)} are as they should be`);
  if (!run.check && run.drifted > 0)
    output.progress(`of ${run.drifted} the tables are not those of their version: ${verbOf('drift', id)}`);
  judge(run);
}
