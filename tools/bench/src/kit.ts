import type { Bench } from './harness/bench.ts';
import { compare, compareCpu } from './harness/compare.ts';
import { interleave, type Sample } from './harness/rounds.ts';
import { startArms } from './nats/processes.ts';

const bench = 'kit';
const inFlight = 64;
const rate = (sample: Sample): number => sample.perSecond;

/** The service kit's request rate against NATS itself and against Nest's own transport. */
export const kit: Bench = {
  name: bench,
  about: `request rate through the service kit, ${inFlight} in flight, against raw nc.request and Nest's own NATS transport`,
  defaults: { rounds: 7, seconds: 2 },
  async run({ rounds, seconds, report }, owned) {
    const arms = await startArms(['kit', 'raw', 'nest'], inFlight, owned);
    const samples = await interleave(arms, { rounds, seconds, warmUpSeconds: 3, report });
    const [ours, raw, nest] = samples as [Sample[], Sample[], Sample[]];
    const terms = { bench, unit: '/s', better: 'higher' } as const;
    return [
      compare({ ...terms, figure: 'rate, of raw nc.request', target: 0.9 }, ours, raw, rate),
      compare({ ...terms, figure: "rate, of Nest's own", target: 1.4 }, ours, nest, rate),
      ...compareCpu(bench, 'raw nc.request', ours, raw),
      ...compareCpu(bench, "Nest's own", ours, nest),
    ];
  },
};
