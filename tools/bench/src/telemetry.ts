import type { Bench } from './harness/bench.ts';
import { Child } from './harness/child.ts';
import { compare, compareCpu } from './harness/compare.ts';
import { interleave, type Arm, type Sample } from './harness/rounds.ts';
import type { HttpLoad, HttpLoadAnswer } from './list/load.ts';
import { startOurs, type Ours } from './list/ours.ts';

const bench = 'telemetry';
const path = '/v1/products?limit=20';
const connections = 48;
const graceMs = 15_000;

/** What it costs to be watched: the same product twice, of which one tells nobody anything. */
export const telemetry: Bench = {
  name: bench,
  about: `the same list, tracing at 1 % and metrics on and scraped, against neither`,
  defaults: { rounds: 9, seconds: 3 },
  run: async ({ rounds, seconds, report }, owned) => {
    const watched = await startOurs('on', owned, report);
    const unwatched = await startOurs('unwatched', owned, report);
    await expectMetrics(watched, unwatched);
    const load = await Child.start(owned, 'list/load.ts', {});
    const armOf = (name: string, { url: origin, token, processes }: Ours, beside: () => Promise<unknown>): Arm => ({
      name,
      processes,
      loadPid: load.pid,
      measure: async (length) => {
        const asked = { origin, path, token, connections, seconds: length } satisfies HttpLoad;
        const [answer] = await Promise.all([
          load.ask<HttpLoadAnswer>(asked, length * 1000 + graceMs),
          // Once in each round, which is more often than anybody scrapes.
          beside(),
        ]);
        return answer;
      },
    });
    const arms = [
      armOf('watched', watched, () => scrape(watched)),
      armOf('unwatched', unwatched, () => Promise.resolve()),
    ];
    const samples = await interleave(arms, { rounds, seconds, warmUpSeconds: 5, report });
    const [ours, bare] = samples as [Sample[], Sample[]];
    return [
      compare(
        { bench, figure: 'rate, of itself unwatched', unit: '/s', better: 'higher', target: 0.95 },
        ours,
        bare,
        (sample) => sample.perSecond,
      ),
      ...compareCpu(bench, 'itself unwatched', ours, bare),
    ];
  },
};

const scrape = ({ metricsUrls }: Ours): Promise<string[]> =>
  Promise.all(metricsUrls.map(async (url) => (await fetch(url)).text()));

/** A cost means nothing where the arms do not differ in what it is of. */
async function expectMetrics(watched: Ours, unwatched: Ours): Promise<void> {
  const counted = /^\w+_duration_seconds_count\{.*\} [1-9]/m;
  const [some, none] = await Promise.all([scrape(watched), scrape(unwatched)]);
  if (!some.some((page) => counted.test(page))) throw new Error('the watched arm keeps no metrics');
  if (none.some((page) => counted.test(page))) throw new Error('the unwatched arm keeps metrics');
}
