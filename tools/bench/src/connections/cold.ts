import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { BenchOptions } from '../harness/bench.ts';
import { figureOf, type Figure } from '../harness/figure.ts';
import { median } from '../harness/statistics.ts';
import { clientOf } from './bare.ts';
import { type Fleet, type Place, readText } from './fleet.ts';
import { openLibrary } from './library.ts';

const perRound = 40;

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

/** The first request of a tenant that this process has never heard of, one at a time, against one by hand. */
export async function coldRequests(
  bench: string,
  { places }: Fleet,
  { rounds, report }: BenchOptions,
): Promise<Figure[]> {
  const [ours, bare, full]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    report(`cold requests: round ${round + 1} of ${rounds}`);
    const library = await openLibrary(places, { budget: perRound });
    const times: [number[], number[], number[]] = [[], [], []];
    for (let turn = 0; turn < perRound; turn++) {
      const tenant = (round * perRound * 3 + turn * 3) % places.length;
      // In turns, and with a pause for the ends of sessions, which are not waited for.
      times[0].push(await timed(() => library.read(tenant)));
      await sleep(5);
      times[1].push(await timedByHand(places[(tenant + 1) % places.length]!));
      await sleep(5);
    }
    // The budget is used up by now: each of these takes a connection over.
    for (let turn = 0; turn < perRound; turn++) {
      const tenant = (round * perRound * 3 + turn * 3 + 2) % places.length;
      times[2].push(await timed(() => library.read(tenant)));
      await sleep(5);
    }
    await library.close();
    for (const [index, all] of [ours, bare, full].entries()) all.push(median(times[index]!));
  }
  const terms = { bench, unit: 'ms', better: 'lower' } as const;
  return [
    figureOf(
      { ...terms, figure: 'first request of a cold tenant, of bare connect and query', target: 1.15 },
      ours,
      bare,
    ),
    figureOf({ ...terms, figure: 'the same by take-over at a full budget', target: null }, full, bare),
  ];
}

async function timedByHand(place: Place): Promise<number> {
  let client: pg.Client | undefined;
  const ms = await timed(async () => {
    client = await clientOf(place);
    await client.query({ name: 'read', text: readText });
  });
  await client?.end();
  return ms;
}
