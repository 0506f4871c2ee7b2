import type { Bench } from './harness/bench.ts';
import { Child } from './harness/child.ts';
import { compare, compareCpu } from './harness/compare.ts';
import { figureOf } from './harness/figure.ts';
import { interleave, type Arm, type Sample } from './harness/rounds.ts';
import { quantile } from './harness/statistics.ts';
import { startOurs } from './list/ours.ts';
import type { Births, Wish } from './provisioning/lanes.ts';

const bench = 'provisioning';
const against = 'bare SQL + argon2id';
/** A round is a number of tenants, not of seconds: each takes 8 MB of disk until the run ends. */
const wish: Wish = { tenants: 16, atOnce: 8 };
const roundWithinMs = 60_000;

/** Tenants made through everything there is, against the statements that make them. */
export const provisioning: Bench = {
  name: bench,
  about: `tenants from POST to active, ${wish.atOnce} at once, ${wish.tenants} a round, against ${against}`,
  defaults: { rounds: 3, seconds: 1 },
  run: async ({ rounds, seconds, report }, owned) => {
    const ours = await startOurs('on', owned, report);
    const { url: ORIGIN, operatorKey: OPERATOR_KEY, plan: PLAN, provisionerUrl: PROVISIONER_URL } = ours;
    const operator = await Child.start(owned, 'provisioning/operator.ts', { ORIGIN, OPERATOR_KEY, PLAN });
    // The stack has made its own first tenant: the cluster is prepared, and the template there for both.
    const bare = await Child.start(owned, 'provisioning/bare.ts', { PROVISIONER_URL });
    const measure = (child: Child) => () => child.ask<Births>(wish, roundWithinMs);
    const arms: Arm[] = [
      { name: 'everything', processes: ours.processes, loadPid: operator.pid, measure: measure(operator) },
      { name: 'bare', processes: { bare: bare.pid, postgres: ours.processes.postgres }, measure: measure(bare) },
    ];
    const samples = await interleave(arms, { rounds, seconds, warmUpSeconds: seconds, report });
    const [everything, limit] = samples as [Sample[], Sample[]];
    const rate = { bench, figure: `tenants, of ${against}`, unit: '/s', better: 'higher', target: 0.8 } as const;
    return [
      compare(rate, everything, limit, (sample) => sample.perSecond),
      ...[0.5, 0.99].map((share) => timeToReady(share, everything, limit)),
      ...compareCpu(bench, against, everything, limit),
    ];
  },
};

/** Over the tenants of all rounds: those of one are too few for a tail. */
function timeToReady(share: number, ...arms: [Sample[], Sample[]]) {
  const [ours, bare] = arms.map((samples) =>
    quantile(
      samples.flatMap(({ latenciesUs = [] }) => latenciesUs.map((us) => us / 1000)),
      share,
    ),
  ) as [number, number];
  const figure = `time to ready, p${share * 100}`;
  return figureOf({ bench, figure, unit: 'ms', better: 'lower', target: null }, [ours], [bare]);
}
