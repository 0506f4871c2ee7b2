import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../harness/statistics.ts';
import { type Fleet, tenantId } from './fleet.ts';
import type { Library } from './library.ts';

const quietTenants = 20;
const quietEveryMs = 200;
/** Requests of the loud tenant for one of a quiet one. */
const loudness = 50;

/** Asks on time, whether the last answer has come or not. */
async function ask(everyMs: number, seconds: number, offsetMs: number, request: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + seconds * 1000;
  const asked: Promise<unknown>[] = [];
  for (let at = performance.now() + offsetMs; at < end; at += everyMs) {
    await sleep(Math.max(0, at - performance.now()));
    asked.push(request());
  }
  await Promise.all(asked);
}

interface Quiet {
  readonly p99Ms: number;
  readonly failed: number;
}

/** Quiet tenants 1 to 20, while `beside` goes on. */
async function quiet(library: Library, seconds: number, beside: () => Promise<unknown>): Promise<Quiet> {
  const times: number[] = [];
  let failed = 0;
  const request = async (tenant: number): Promise<void> => {
    const start = performance.now();
    await library.read(tenant).then(
      () => times.push(performance.now() - start),
      () => failed++,
    );
  };
  const each = quietEveryMs / quietTenants;
  const all = Array.from({ length: quietTenants }, (_, number) =>
    ask(quietEveryMs, seconds, number * each, () => request(number + 1)),
  );
  await Promise.all([...all, beside()]);
  return { p99Ms: quantile(times, 0.99), failed };
}

export const alone = (library: Library, seconds: number): Promise<Quiet> =>
  quiet(library, seconds, async () => undefined);

/** Tenant 0 asks 50 times as often as each of the others. */
export const besideLoud = (library: Library, seconds: number): Promise<Quiet> =>
  quiet(library, seconds, () => ask(quietEveryMs / loudness, seconds, 0, () => library.read(0)));

/** Tenant 0's database is dropped while it is asked for without pause; then one that answers after 10 s. */
export async function besideBroken(library: Library, fleet: Fleet, seconds: number): Promise<Quiet[]> {
  const [gone, slow] = [fleet.places.length - 1, fleet.places.length - 2];
  const giveUp = (tenant: number) => library.read(tenant).catch(() => undefined);
  await giveUp(gone);
  await fleet.query(`DROP DATABASE ${fleet.places[gone]?.database} WITH (FORCE)`);
  const besideGone = await quiet(library, seconds, () => ask(2, seconds, 0, () => giveUp(gone)));
  const deadlineAt = performance.now() + seconds * 1000;
  const options = { deadlineAt, states: ['active'] as const, subject: 'slow' };
  const sleepLong = () =>
    library.connections
      .lease(tenantId(slow), options, () => library.connections.query('slow', 'SELECT pg_sleep(10)'))
      .catch(() => undefined);
  const besideSlow = await quiet(library, seconds, () => ask(50, seconds, 0, sleepLong));
  return [besideGone, besideSlow];
}
