import { setTimeout as sleep } from 'node:timers/promises';
import { requestDeadlineMs } from '@tenantry/contracts';
import type { Call } from '../call.js';

/** Several times what the slowest way to a refusal takes. */
const alikeMs = 150;

/**
 * Resolves so long after the request's arrival. That there is no such tenant, account or token, or that it is another's, is found out in
 * different ways, and should not be told by the time of the answer (docs/adr/0014).
 */
export async function untilAllTakeAlike({ deadlineAt }: Pick<Call, 'deadlineAt'>): Promise<void> {
  await sleep(Math.max(0, deadlineAt - requestDeadlineMs + alikeMs - performance.now()));
}
