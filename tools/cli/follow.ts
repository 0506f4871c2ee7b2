import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '@tenantry/contracts';
import type { PlatformApi } from './api.ts';
import { ApiError } from './api.ts';
import type { Output } from './output.ts';
import { LiveSteps, StepLines, type Steps } from './steps.ts';

/** Each time it is asked for stands in the audit: less often the longer nothing happens. */
const askAfterMs = { first: 200, most: 2000, growth: 1.5 };

export const operationIn = (location: string | null): string | undefined =>
  /\/v1\/admin\/operations\/([0-9a-f-]{36})$/.exec(location ?? '')?.[1];

const detachedText = (id: string): string =>
  `It goes on. To watch it again: npm run -s tenants -- operation ${id} --follow`;

/**
 * Watches a long action to its end. Ctrl-C ends the watching alone: the action belongs to the registry.
 * @returns undefined when the watching was given up.
 * @throws ApiError when the action failed, or cannot be watched any longer.
 */
export async function follow(api: PlatformApi, output: Output, id: string): Promise<Operation | undefined> {
  const detached = new AbortController();
  const detach = (): void => detached.abort();
  process.once('SIGINT', detach);
  const steps = output.isLive ? new LiveSteps() : new StepLines();
  try {
    const operation = await watch(api, id, steps, detached.signal).finally(() => steps.end());
    if (operation?.state === 'failed') throw new ApiError(`${operation.kind} failed`, 500);
    if (operation?.state === 'scheduled') output.progress(`${operation.kind} begins at ${operation.dueAt}`);
    if (!operation) output.progress(detachedText(id));
    return operation;
  } finally {
    process.removeListener('SIGINT', detach);
  }
}

/** Shows each change until there are no more to come; undefined when `signal` ended it before. */
async function watch(api: PlatformApi, id: string, steps: Steps, signal: AbortSignal): Promise<Operation | undefined> {
  let waitMs = askAfterMs.first;
  for (let seen = ''; !signal.aborted;) {
    const operation = await api.get<Operation>(`/v1/admin/operations/${id}`).catch((error: unknown) => {
      if (error instanceof ApiError) throw new ApiError(`${error.message}\n${detachedText(id)}`, error.status);
      throw error;
    });
    steps.show(operation);
    if (['succeeded', 'failed', 'scheduled'].includes(operation.state)) return operation;
    const now = JSON.stringify(operation);
    waitMs = now === seen ? Math.min(waitMs * askAfterMs.growth, askAfterMs.most) : askAfterMs.first;
    seen = now;
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}
