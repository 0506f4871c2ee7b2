import { availableParallelism } from 'node:os';
import type { Bench } from './harness/bench.ts';
import { Child } from './harness/child.ts';
import { compare, compareCpu } from './harness/compare.ts';
import { figureOf, type Figure } from './harness/figure.ts';
import { interleave, type Arm, type Measured, type Sample } from './harness/rounds.ts';
import { startOurs, type Ours } from './list/ours.ts';
import { makeAccounts } from './login/accounts.ts';
import type { LoginLoad } from './login/login-load.ts';
import { residentBytes } from './login/memory.ts';
import type { ReadLoad } from './login/read-load.ts';

const bench = 'login';
const path = '/v1/products?limit=20';
/** Enough that nobody reaches the number of sessions one can have, and no limit counts anybody as a guesser. */
const people = 100;
const callers = 32;
const readsPerSecond = 200;
const cores = availableParallelism();
const graceMs = 30_000;
/** What a process may grow by under the flood: the memory of a hash on every core, and a heap that has been used. */
const growthLimitBytes = (cores * 19 + 96) * 1024 * 1024;

/** Logins are made of one argon2id hash each; all else should be small beside it, and nobody else should feel it. */
export const login: Bench = {
  name: bench,
  about: `logins with ${callers} under way, against cores / time of one argon2id hash; p99 of reads beside them; memory`,
  defaults: { rounds: 5, seconds: 5 },
  async run({ rounds, seconds, report }, owned) {
    const ours = await startOurs('on', owned, report);
    const arms = await startArms(ours, owned);
    const memory = watchMemory(ours);
    const samples = await interleave(arms, { rounds, seconds, warmUpSeconds: 3, report });
    const [logins, hashes, reads, besideFlood] = samples as [Sample[], Sample[], Sample[], Sample[]];
    return [
      figureOf(
        { bench, figure: 'rate, of cores / time of one hash', unit: '/s', better: 'higher', target: 0.9 },
        logins.map(({ perSecond }) => perSecond),
        hashes.map(({ perSecond }) => perSecond * cores),
      ),
      ...compareCpu(bench, 'one hash', logins, hashes),
      compare(
        { bench, figure: 'p99 of reads in the flood, of without', unit: 'us', better: 'lower', target: 2 },
        besideFlood,
        reads,
        ({ p99Us = NaN }) => p99Us,
      ),
      ...memory(),
    ];
  },
};

async function startArms(ours: Ours, owned: AsyncDisposableStack): Promise<Arm[]> {
  const { url: origin, slug: tenant, token, processes } = ours;
  const accounts = await makeAccounts(ours, people);
  const [loginLoad, readLoad, hasher] = await Promise.all([
    Child.start(owned, 'login/login-load.ts', {}),
    Child.start(owned, 'login/read-load.ts', {}),
    Child.start(owned, 'login/hasher.ts', {}),
  ]);
  const flood = (seconds: number): Promise<Measured> =>
    loginLoad.ask({ origin, tenant, accounts, callers, seconds } satisfies LoginLoad, seconds * 1000 + graceMs);
  const read = (seconds: number): Promise<Measured> =>
    readLoad.ask(
      { origin, path, token, perSecond: readsPerSecond, seconds } satisfies ReadLoad,
      seconds * 1000 + graceMs,
    );
  const besideFlood = async (seconds: number): Promise<Measured> =>
    (await Promise.all([read(seconds), flood(seconds)]))[0];
  return [
    { name: 'logins', processes, loadPid: loginLoad.pid, measure: flood },
    {
      name: 'one hash',
      processes: { hasher: hasher.pid },
      measure: (seconds) => hasher.ask({ seconds }, seconds * 1000 + graceMs),
    },
    { name: 'reads', processes, loadPid: readLoad.pid, measure: read },
    {
      name: 'reads in the flood',
      processes: { ...processes, 'login load': loginLoad.pid },
      loadPid: readLoad.pid,
      measure: besideFlood,
    },
  ];
}

/** Starts now; the answer says what users and auth have grown by since. */
function watchMemory({ processes }: Ours): () => Figure[] {
  const watched = (['users', 'auth'] as const).map((name) => ({ name, before: residentBytes(processes[name]) }));
  return () =>
    watched.flatMap(({ name, before }) => {
      const after = residentBytes(processes[name]);
      if (before === undefined || after === undefined) return [];
      const figure = `memory ${name} grew by, of its bound`;
      return [figureOf({ bench, figure, unit: 'B', better: 'lower', target: 1 }, [after - before], [growthLimitBytes])];
    });
}
