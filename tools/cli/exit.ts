import { ApiError } from './api.ts';

/** What the process ends with. */
export const exitCodes = { done: 0, failed: 1, usage: 2, someFailed: 3, notAllowed: 4 } as const;

/** Wrong usage that only shows when a verb is run. */
export class UsageError extends Error {}

/** Of several things done, not all succeeded. */
export class SomeFailed extends Error {}

/** Tells people what went wrong, and machines by the exit code. */
export function explain(error: unknown): number {
  if (!(error instanceof Error)) throw error;
  process.stderr.write(`${error.message}\n`);
  if (error instanceof UsageError) return exitCodes.usage;
  if (error instanceof SomeFailed) return exitCodes.someFailed;
  if (error instanceof ApiError) return [401, 403].includes(error.status) ? exitCodes.notAllowed : exitCodes.failed;
  process.stderr.write(`${error.stack}\n`);
  return exitCodes.failed;
}
