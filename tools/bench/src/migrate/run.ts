import { setTimeout as sleep } from 'node:timers/promises';
import type { MigrationRun } from '@tenantry/contracts';
import type { Measured } from '../harness/rounds.ts';
import { ask } from '../list/http.ts';
import type { Ours } from '../list/ours.ts';

const pollMs = 250;

/** As an operator's program does: it starts a run and looks at it until it has ended, which is when the registry says that it did. */
export async function runToItsEnd(
  { url, operatorKey: token }: Ours,
  { tenants, concurrency }: { tenants: number; concurrency: number },
  withinMs: number,
): Promise<Measured> {
  const runs = `${url}/v1/admin/migration-runs`;
  const begunAt = Date.now();
  let run = await ask<MigrationRun>(runs, { method: 'POST', token, body: { concurrency } });
  while (run.endedAt === null && Date.now() < begunAt + withinMs) {
    await sleep(pollMs);
    run = await ask<MigrationRun>(`${runs}/${run.id}`, { token });
  }
  // With a difference somewhere the two arms would not have done the same.
  if (run.endedAt === null || run.tenants.succeeded !== tenants || run.drifted > 0)
    throw new Error(`the run is ${run.state}: ${JSON.stringify(run.tenants)}, ${run.drifted} drifted`);
  return { requests: tenants, seconds: (Date.parse(run.endedAt) - begunAt) / 1000 };
}
