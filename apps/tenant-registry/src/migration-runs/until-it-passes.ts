import { setTimeout as sleep } from 'node:timers/promises';
import { MigrationFailed } from '@tenantry/tenant-schema';
import { Uncompared } from './uncompared.js';

/** Of a server that restarts, or has no room for another connection just now. */
const passing: ReadonlySet<unknown> = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'],
  // admin_shutdown, crash_shutdown, cannot_connect_now, too_many_connections
  ...['57P01', '57P02', '57P03', '53300'],
]);
/** pg's own words for it have no code. */
const lost = /^(Connection terminated|Client has encountered a connection error|timeout expired)/;
const pausesMs = [250, 500, 1000, 2000, 4000];

const isPassing = (error: unknown): boolean => {
  const cause = error instanceof MigrationFailed || error instanceof Uncompared ? error.cause : error;
  return passing.has((cause as { code?: unknown }).code) || (cause instanceof Error && lost.test(cause.message));
};

/** Does again, a few times within 8 s, what may be done twice and failed for the connection's sake: a fleet is not given up for a restart. */
export async function untilItPasses<Result>(work: () => Promise<Result>): Promise<Result> {
  for (const pauseMs of pausesMs) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
    await sleep(pauseMs);
  }
  return work();
}
