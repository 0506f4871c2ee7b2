import type { Bench } from './harness/bench.ts';
import { Child } from './harness/child.ts';
import { compare, compareCpu } from './harness/compare.ts';
import { interleave, type Arm, type Sample } from './harness/rounds.ts';
import { startOurs } from './list/ours.ts';
import type { BareAnswer, BareWish } from './migrate/bare.ts';
import { makeFleet } from './migrate/fleet.ts';
import { runToItsEnd } from './migrate/run.ts';

const bench = 'migrate';
const against = 'a bare loop';
const atOnce = 8;
/** Each takes 8 MB of disk until the run ends. */
const tenants = 200;
const roundWithinMs = 60_000;

/** A run of the registry over tenants that are one version behind, against a loop that sends their databases the same migration. */
export const migrate: Bench = {
  name: bench,
  about: `${tenants} tenants brought to the next version by a run, ${atOnce} at once, against ${against} over the same databases`,
  defaults: { rounds: 5, seconds: 1 },
  run: async ({ rounds, seconds, report }, owned) => {
    const ours = await startOurs('on', owned, report);
    const fleet = await makeFleet(ours, tenants, owned, report);
    const bare = await Child.start(owned, 'migrate/bare.ts', { PROVISIONER_URL: ours.provisionerUrl });
    const wish: BareWish = { databases: fleet.databases, atOnce };
    const prepare = () => fleet.setBack();
    const arms: Arm[] = [
      {
        name: 'a run',
        processes: ours.processes,
        prepare,
        measure: () => runToItsEnd(ours, { tenants, concurrency: atOnce }, roundWithinMs),
      },
      {
        name: 'bare',
        processes: { bare: bare.pid, postgres: ours.processes.postgres },
        prepare,
        measure: () => bare.ask<BareAnswer>(wish, roundWithinMs),
      },
    ];
    const samples = await interleave(arms, { rounds, seconds, warmUpSeconds: seconds, report });
    const [run, limit] = samples as [Sample[], Sample[]];
    const rate = { bench, figure: `tenants, of ${against}`, unit: '/s', better: 'higher', target: 0.9 } as const;
    return [compare(rate, run, limit, (sample) => sample.perSecond), ...compareCpu(bench, against, run, limit)];
  },
};
