import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type { Answer, Stack } from '@tenantry/testing';
import { until } from '../faults/flight.js';

export const registries = ['tenant-registry', 'tenant-registry-2'];

/** Who ends: the registry that works on it, so that another takes over, or every one there is, so that nobody is left but who comes back. */
export const deaths = ['one of two', 'all'] as const;
export type Death = (typeof deaths)[number];

/** How often each moment is met: once, or more for who wants to know it better. */
export const interruptedRounds = Number(process.env['INTERRUPTED_ROUNDS'] ?? 1);

interface LogLine {
  readonly step?: string;
  readonly msg?: string;
}

/** Asks until somebody takes it on: just now a registry may be on its way back. */
export async function untilAccepted<Body>(ask: () => Promise<Answer<Body>>): Promise<Answer<Body>> {
  for (const late = Date.now() + 45_000; Date.now() < late; await sleep(100)) {
    const answer = await ask();
    if (answer.status === 202) return answer;
    expect([409, 503, 504]).toContain(answer.status);
  }
  throw new Error('nobody takes it on');
}

/** Resolves when both registries have said that they live. */
export async function bothRun(stack: Stack): Promise<void> {
  const registry = await stack.openDatabase('registry');
  const { rows: clock } = await registry.query<{ asked: Date }>('SELECT now() AS asked');
  await until('two registries live', 30_000, async () => {
    const { rows } = await registry.query('SELECT DISTINCT name FROM instances WHERE seen_at > $1', [clock[0]?.asked]);
    return rows.length === 2;
  });
  await registry.end();
}

/** Where the operation's step is done, or has begun, as soon as its log says so. */
export async function instanceAt(
  stack: Stack,
  location: string,
  step: string,
  msg: 'a step begins' | 'a step is done' = 'a step is done',
): Promise<string> {
  const operation = location.split('/').at(-1)!;
  const says = (line: string): boolean => {
    if (!line.includes(operation)) return false;
    const said = JSON.parse(line) as LogLine;
    return said.step === step && said.msg === msg;
  };
  // The first database that is dropped has PostgreSQL write down all those that were made: a checkpoint of hundreds of megabytes.
  for (const late = Date.now() + 90_000; Date.now() < late; await sleep(2)) {
    // The last of them may be half written.
    const found = registries.find((name) => stack.logOf(name).split('\n').slice(0, -1).some(says));
    if (found) return found;
  }
  throw new Error(`'${msg}' is not said of ${step} of ${location}`);
}

/** Kills a registry in the middle of its work, or all of them. */
export async function end(stack: Stack, instance: string, death: Death): Promise<void> {
  for (const name of death === 'all' ? registries : [instance]) {
    try {
      stack.kill(name);
    } catch (error) {
      // On its way back from the last time.
      if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  // For the broker to notice: what is asked next is not asked of the dead.
  await sleep(200);
}

/** Databases and roles of tenants are those of the tenants that there are, once nothing is under way. */
export async function expectNoOrphans(stack: Stack): Promise<void> {
  const [cluster, registry] = await Promise.all([stack.openDatabase(), stack.openDatabase('registry')]);
  const names = async (client: typeof cluster, sql: string): Promise<string[]> =>
    (await client.query<{ name: string }>(sql)).rows.map(({ name }) => name).toSorted();
  await until('nothing is under way', 30_000, async () => {
    const { rows } = await registry.query('SELECT 1 FROM operations WHERE ended_at IS NULL');
    return rows.length === 0;
  });
  const living = `state NOT IN ('failed', 'purged')`;
  expect(await names(cluster, `SELECT datname AS name FROM pg_database WHERE datname LIKE 't\\_%'`)).toEqual(
    await names(registry, `SELECT db_name AS name FROM tenants WHERE ${living}`),
  );
  expect(await names(cluster, `SELECT rolname AS name FROM pg_roles WHERE rolname LIKE 't\\_%'`)).toEqual(
    await names(registry, `SELECT db_user AS name FROM tenants WHERE ${living}`),
  );
  await Promise.all([cluster.end(), registry.end()]);
}
