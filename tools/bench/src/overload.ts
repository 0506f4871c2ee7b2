import type { Bench } from './harness/bench.ts';
import { Child } from './harness/child.ts';
import { figureOf, type FigureTerms } from './harness/figure.ts';
import { startOurs } from './list/ours.ts';
import type { Flood, FloodAnswer } from './overload/flood.ts';
import { secondsUntilGood } from './overload/recovery.ts';

const bench = 'overload';
const path = '/v1/products?limit=20';
/** As `list` has them. */
const peakConnections = 48;
const times = 5;
/** Enough that those who are refused wait for no connection: nobody who floods keeps to the pace of answers. */
const connections = 3000;
/** What follows is what a queue can stand: at the peak itself it would grow by chance alone. */
const afterwards = 0.8;
const afterwardsSeconds = 10;
const windowMs = 500;
const graceMs = 30_000;
const limits = { refusalMs: 500, answerMs: 6000, recoverySeconds: 10 };

interface Round {
  /** Answers a second, asked one after the other. */
  readonly peak: number;
  readonly during: FloodAnswer;
  readonly after: FloodAnswer;
}

/** Five times what can be done, and then less than that: how much is done meanwhile, and how soon all is well. */
export const overload: Bench = {
  name: bench,
  about: `the list asked for ${times} times as often as it can be answered: goodput, of the peak; refusals; recovery`,
  defaults: { rounds: 3, seconds: 5 },
  async run({ rounds, seconds, report }, owned) {
    const { url: origin, token, metricsUrls } = await startOurs('on', owned, report);
    const load = await Child.start(owned, 'overload/flood.ts', {});
    const flood = async (phases: Flood['phases']): Promise<FloodAnswer[]> => {
      const lasts = phases.reduce((sum, phase) => sum + phase.seconds, 0);
      const asked: Flood = { origin, path, token, windowMs, phases };
      return (await load.ask<{ phases: FloodAnswer[] }>(asked, lasts * 1000 + graceMs)).phases;
    };
    const atPeak = { connections: peakConnections, seconds };
    const turn = async (): Promise<Round> => {
      const peak = goodPerSecond((await flood([atPeak]))[0]!);
      const [during, after] = (await flood([
        { perSecond: times * peak, connections, seconds },
        { perSecond: afterwards * peak, connections, seconds: afterwardsSeconds },
      ])) as [FloodAnswer, FloodAnswer];
      return { peak, during, after };
    };
    report('warm-up');
    await turn();
    const found: Round[] = [];
    for (let round = 1; round <= rounds; round++) {
      const { peak, during, after } = await turn();
      found.push({ peak, during, after });
      report(`round ${round} of ${rounds}: peak ${Math.round(peak)} /s; flood ${said(during)}; then ${said(after)}`);
    }
    for (const line of await refusedBy(metricsUrls)) report(line);
    expectOnly(
      [200, 503],
      found.flatMap(({ during, after }) => [during, after]),
    );
    const terms = (figure: string, unit: string, better: FigureTerms['better'], target: number): FigureTerms => ({
      ...{ bench, figure, unit, better, target },
    });
    const bound = (value: number): number[] => found.map(() => value);
    return [
      figureOf(
        terms(`goodput at ${times} times the peak, of the peak`, '/s', 'higher', 0.8),
        found.map(({ during }) => goodPerSecond(during)),
        found.map(({ peak }) => peak),
      ),
      figureOf(
        terms(`p99 of refusals, of ${limits.refusalMs} ms`, 'ms', 'lower', 1),
        found.map(({ during }) => during.p99Ms[503] ?? 0),
        bound(limits.refusalMs),
      ),
      figureOf(
        terms(`slowest answer, of ${limits.answerMs} ms`, 'ms', 'lower', 1),
        found.map(({ during, after }) => Math.max(during.slowestMs, after.slowestMs)),
        bound(limits.answerMs),
      ),
      figureOf(
        terms(`time until good again, of ${limits.recoverySeconds} s`, 's', 'lower', 1),
        found.map(({ after }) => secondsUntilGood(after.goodShares, windowMs)),
        bound(limits.recoverySeconds),
      ),
    ];
  },
};

const goodPerSecond = ({ statuses, seconds }: FloodAnswer): number => (statuses[200] ?? 0) / seconds;

const said = ({ sent, unsent, seconds, statuses, p99Ms }: FloodAnswer): string =>
  `${Math.round((sent + unsent) / seconds)} /s (${unsent} found no connection): ` +
  Object.entries(statuses)
    .map(([status, count]) => `${count} of ${status}, p99 ${Math.round(p99Ms[Number(status)] ?? 0)} ms`)
    .join(', ');

/** A connection that was ended without an answer is status 0. */
function expectOnly(expected: readonly number[], answers: readonly FloodAnswer[]): void {
  const others = answers
    .flatMap(({ statuses }) => Object.keys(statuses))
    .filter((status) => !expected.includes(Number(status)));
  if (others.length > 0) throw new Error(`answered ${[...new Set(others)].join(', ')}`);
}

/** By what the gateway has refused since its start, as it tells itself. */
async function refusedBy(metricsUrls: readonly string[]): Promise<string[]> {
  const pages = await Promise.all(metricsUrls.map(async (url) => (await fetch(url)).text()));
  return pages.flatMap((page) => page.match(/^tenantry_refused_total.* [1-9]\d*$/gm) ?? []);
}
