import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '@tenantry/contracts';
import type { PlatformApi } from './api.ts';
import { ApiError } from './api.ts';
import type { Output } from './output.ts';

const askEveryMs = 200;

const marks: Readonly<Record<string, string>> = {
  succeeded: 'done',
  failed: 'FAILED',
  running: '...',
  skipped: 'skipped',
};

const tookMs = (startedAt: string | null, endedAt: string | null): string =>
  startedAt && endedAt ? ` (${Date.parse(endedAt) - Date.parse(startedAt)} ms)` : '';

/** Says each step as it changes. */
class StepList {
  readonly #said = new Map<string, string>();
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  show({ steps }: Operation): void {
    for (const { name, state, startedAt, endedAt, error } of steps) {
      const mark = marks[state];
      if (!mark || this.#said.get(name) === state) continue;
      this.#said.set(name, state);
      this.#output.progress(`  ${name}: ${mark}${tookMs(startedAt, endedAt)}${error ? ` - ${error}` : ''}`);
    }
  }
}

export const operationIn = (location: string | null): string | undefined =>
  /\/v1\/admin\/operations\/([0-9a-f-]{36})$/.exec(location ?? '')?.[1];

/**
 * Watches a long action to its end. Ctrl-C ends the watching alone: the action belongs to the registry.
 * @returns undefined when the watching was given up.
 * @throws ApiError when the action failed.
 */
export async function follow(api: PlatformApi, output: Output, id: string): Promise<Operation | undefined> {
  const detached = new AbortController();
  const detach = (): void => detached.abort();
  process.once('SIGINT', detach);
  const list = new StepList(output);
  try {
    while (!detached.signal.aborted) {
      const operation = await api.get<Operation>(`/v1/admin/operations/${id}`);
      list.show(operation);
      if (operation.state === 'succeeded') return operation;
      if (operation.state === 'failed') throw new ApiError(`${operation.kind} failed`, 500);
      if (operation.state === 'scheduled') {
        output.progress(`${operation.kind} begins at ${operation.dueAt}`);
        return operation;
      }
      await sleep(askEveryMs, undefined, { signal: detached.signal }).catch(() => undefined);
    }
    output.progress(`It goes on. To watch it again: npm run tenants -- operation ${id} --follow`);
    return undefined;
  } finally {
    process.removeListener('SIGINT', detach);
  }
}
