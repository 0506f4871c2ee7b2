import type { Bench } from './harness/bench.ts';
import { compare, compareCpu } from './harness/compare.ts';
import { interleave, type Sample } from './harness/rounds.ts';
import { startArms } from './nats/processes.ts';

const bench = 'hop';

/** How long one question takes through the kit, with nothing else under way. */
export const hop: Bench = {
  name: bench,
  about: 'p50 of one request at a time through the service kit and NATS and back, against raw nc.request',
  defaults: { rounds: 9, seconds: 1.5 },
  async run({ rounds, seconds, report }, owned) {
    const arms = await startArms(['kit', 'raw'], 1, owned);
    const samples = await interleave(arms, { rounds, seconds, warmUpSeconds: 3, report });
    const [ours, raw] = samples as [Sample[], Sample[]];
    return [
      compare(
        { bench, figure: 'p50, of raw nc.request', unit: 'us', better: 'lower', target: 1.3 },
        ours,
        raw,
        ({ p50Us = Number.NaN }) => p50Us,
      ),
      ...compareCpu(bench, 'raw nc.request', ours, raw),
    ];
  },
};
