import type { Operation } from '@tenantry/contracts';
import type { PlatformApi } from './api.ts';
import { ApiError } from './api.ts';
import type { Output } from './output.ts';
import type { Step } from './steps.ts';
import { watch } from './watch.ts';

export const operationIn = (location: string | null): string | undefined =>
  /\/v1\/admin\/operations\/([0-9a-f-]{36})$/.exec(location ?? '')?.[1];

function stepsOf({ steps }: Operation): Step[] {
  return steps.map(({ name, state, error, startedAt, endedAt }) => {
    const note = startedAt && endedAt ? ` (${Date.parse(endedAt) - Date.parse(startedAt)} ms)` : '';
    return { name, state, note, error };
  });
}

/**
 * Watches a long action to its end. Ctrl-C ends the watching alone: the action belongs to the registry.
 * @returns undefined when the watching was given up.
 * @throws ApiError when the action failed, or cannot be watched any longer.
 */
export async function follow(api: PlatformApi, output: Output, id: string): Promise<Operation | undefined> {
  const operation = await watch<Operation>(output, {
    ask: () => api.get(`/v1/admin/operations/${id}`),
    stepsOf,
    isOver: ({ state }) => ['succeeded', 'failed', 'scheduled'].includes(state),
    newsOf: (seen) => JSON.stringify(seen),
    again: `To watch it again: npm run -s tenants -- operation ${id} --follow`,
  });
  if (operation?.state === 'failed') throw new ApiError(`${operation.kind} failed`, 500);
  if (operation?.state === 'scheduled') output.progress(`${operation.kind} begins at ${operation.dueAt}`);
  return operation;
}
