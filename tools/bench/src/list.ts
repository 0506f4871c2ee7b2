import { isDeepStrictEqual } from 'node:util';
import { availableParallelism } from 'node:os';
import { freePort } from '@tenantry/stack/ports.ts';
import type { Bench } from './harness/bench.ts';
import { Child } from './harness/child.ts';
import { compare, compareCpu } from './harness/compare.ts';
import { interleave, type Arm, type Sample } from './harness/rounds.ts';
import { ask } from './list/http.ts';
import type { HttpLoad, HttpLoadAnswer } from './list/load.ts';
import { startOurs, type Ours } from './list/ours.ts';

const bench = 'list';
const path = '/v1/products?limit=20';
const connections = 48;
/** To the tenant's database, for all processes of an arm together: what the plan gives a tenant. */
const databaseConnections = 10;
const graceMs = 15_000;

/** A page of products through everything there is, against the least that can answer it. */
export const list: Bench = {
  name: bench,
  about: `GET of 20 products through gateway, NATS, service and tenant database, against node:http + pg, a process per core`,
  defaults: { rounds: 7, seconds: 3 },
  run: async ({ rounds, seconds, report }, owned) => {
    const ours = await startOurs('on', owned, report);
    const plain = await startOurs('off', owned, report);
    const bare = await startBare(ours, owned);
    await expectSameRows(ours, bare.origin);
    const load = await Child.start(owned, 'list/load.ts', {});
    const armOf = (name: string, origin: string, token: string, processes: Arm['processes']): Arm => ({
      name,
      processes,
      loadPid: load.pid,
      measure: (length) =>
        load.ask<HttpLoadAnswer>(
          { origin, path, token, connections, seconds: length } satisfies HttpLoad,
          length * 1000 + graceMs,
        ),
    });
    const arms = [
      armOf('everything', ours.url, ours.token, ours.processes),
      armOf('features off', plain.url, plain.token, plain.processes),
      armOf('bare', bare.origin, ours.token, { server: bare.pid, postgres: ours.processes.postgres }),
    ];
    const samples = await interleave(arms, { rounds, seconds, warmUpSeconds: 5, report });
    await expectSameRows(ours, bare.origin);
    const [everything, featuresOff, limit] = samples as [Sample[], Sample[], Sample[]];
    const terms = { bench, figure: 'rate, of bare node:http + pg', unit: '/s', better: 'higher' } as const;
    return [
      compare({ ...terms, target: 0.5 }, everything, limit, (sample) => sample.perSecond),
      compare(
        { ...terms, figure: 'rate, of itself with features off', target: 0.9 },
        everything,
        featuresOff,
        (sample) => sample.perSecond,
      ),
      ...compareCpu(bench, 'bare node:http + pg', everything, limit),
    ];
  },
};

async function startBare(ours: Ours, owned: AsyncDisposableStack): Promise<{ origin: string; pid: number }> {
  const { keys } = await ask<{ keys: object[] }>(`${ours.url}/.well-known/jwks.json`, {});
  const port = await freePort();
  const child = await Child.start(owned, 'list/bare-server.ts', {
    NODE_ENV: 'production',
    PORT: String(port),
    DATABASE_URL: ours.databaseUrl,
    CONNECTIONS: String(Math.ceil(databaseConnections / availableParallelism())),
    PUBLIC_KEY: JSON.stringify(keys[0]),
  });
  return { origin: `http://127.0.0.1:${port}`, pid: child.pid };
}

/** A ratio means nothing between arms that do not answer the same. */
async function expectSameRows({ url, token }: Ours, bareOrigin: string): Promise<void> {
  const [ours, bare] = await Promise.all(
    [url, bareOrigin].map((origin) => ask<{ data: unknown[] }>(`${origin}${path}`, { token })),
  );
  if (ours?.data.length !== 20 || !isDeepStrictEqual(ours.data, bare?.data)) {
    throw new Error('the two arms do not answer the same 20 products');
  }
}
