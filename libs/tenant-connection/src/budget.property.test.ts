import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { debtLimitQuanta } from './turns.js';
import { Refused, usualLimits, VirtualCluster, VirtualFailure } from './test/virtual-cluster.js';

const tenants = ['acme', 'globex', 'initech', 'umbrella', 'hooli', 'stark'] as const;
const tenant = fc.constantFrom(...tenants);
const longestHoldMs = 60;

type Step =
  | { kind: 'use'; tenant: string; holdMs: number; deadlineMs: number; fit: boolean; twice: boolean }
  | { kind: 'pass'; ms: number }
  | { kind: 'renew'; tenant: string; max: number }
  | { kind: 'resize'; connections: number }
  | { kind: 'fail'; lasts: boolean; times: number }
  | { kind: 'lose'; tenant: string }
  | { kind: 'sweep' };

const use = (deadlineMs: fc.Arbitrary<number>): fc.Arbitrary<Step> =>
  fc.record({
    kind: fc.constant('use' as const),
    tenant,
    holdMs: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: longestHoldMs })),
    deadlineMs,
    fit: fc.boolean().map((unfit) => !unfit),
    twice: fc.boolean(),
  });
const pass = fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 30 }) });

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: use(fc.oneof(fc.integer({ min: 0, max: 80 }), fc.constant(10_000))) },
  { weight: 4, arbitrary: pass },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('renew' as const), tenant, max: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('resize' as const), connections: fc.integer({ min: 1, max: 8 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('fail' as const),
      lasts: fc.boolean(),
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), tenant }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'sweep' as const }) },
);

const limits = fc.record({
  connections: fc.integer({ min: 1, max: 6 }),
  connectsAtOnce: fc.integer({ min: 1, max: 3 }),
  visitQuantumMs: fc.integer({ min: 1, max: 40 }),
  idleCloseMs: fc.constantFrom(20, 300_000),
  lifetimeMs: fc.constantFrom(50, 3_600_000),
  queueLimit: fc.constantFrom(5, 1000),
});

/** Runs a history; what became of each use, in order. */
async function live(cluster: VirtualCluster, steps: readonly Step[]): Promise<Promise<number | Error>[]> {
  const uses: Promise<number | Error>[] = [];
  for (const step of steps) {
    switch (step.kind) {
      case 'use':
        uses.push(cluster.use(step.tenant, step.holdMs, step.deadlineMs, step).catch((failure: Error) => failure));
        break;
      case 'pass':
        await cluster.clock.advance(step.ms);
        break;
      case 'renew':
        cluster.budget.renew(cluster.pool(step.tenant), step.max);
        break;
      case 'resize':
        cluster.budget.resize(step.connections);
        break;
      case 'fail':
        cluster.nextFailures.push(...Array.from({ length: step.times }, () => new VirtualFailure(step.lasts)));
        break;
      case 'lose': {
        const slot = [...cluster.inUse, ...cluster.pool(step.tenant).idle].find(
          ({ pool }) => pool.tenantId === step.tenant,
        );
        if (slot) cluster.lose(slot);
        break;
      }
      case 'sweep':
        cluster.budget.sweep();
    }
  }
  return uses;
}

const runs = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 1500) };

describe('whatever happens', () => {
  it('no budget, maximum, borrow or tenant border is broken, everyone is answered, and closing leaves nothing', async () => {
    await fc.assert(
      fc.asyncProperty(limits, fc.array(anyStep, { minLength: 5, maxLength: 60 }), async (chosen, steps) => {
        const cluster = new VirtualCluster({ ...usualLimits, ...chosen }, 3);
        const uses = await live(cluster, steps);
        await cluster.clock.advance(20_000);
        const outcomes = await Promise.all(uses);
        expect(cluster.broken).toEqual([]);
        expect(
          outcomes.filter(
            (one) => typeof one !== 'number' && !(one instanceof Refused) && !(one instanceof VirtualFailure),
          ),
        ).toEqual([]);
        const { busy, opening, closing, waiting, held, budget } = cluster.budget.snapshot();
        expect({ busy, opening, closing, waiting }).toEqual({ busy: 0, opening: 0, closing: 0, waiting: 0 });
        expect(held).toBe(cluster.all);
        expect(held).toBeLessThanOrEqual(budget);
        const closed = cluster.budget.close();
        await cluster.clock.advance(100);
        await closed;
        expect(cluster.all).toBe(0);
      }),
      runs,
    );
  });

  it('nobody who would wait for ever waits longer than the stated bound', async () => {
    const patient = fc.array(
      fc.oneof({ weight: 5, arbitrary: use(fc.constant(Infinity)) }, { weight: 1, arbitrary: pass }),
      {
        minLength: 5,
        maxLength: 60,
      },
    );
    await fc.assert(
      fc.asyncProperty(limits, patient, async (chosen, steps) => {
        const cluster = new VirtualCluster({ ...usualLimits, ...chosen, queueLimit: 1000 }, 3);
        const uses = await live(cluster, steps);
        await cluster.clock.advance(1_000_000);
        const { connectMs, closeMs } = cluster;
        const visitMs = chosen.visitQuantumMs + longestHoldMs + connectMs + closeMs;
        // Each use may need a visit of its own, and each tenant may be passed over for its debts.
        const boundMs = (uses.length + tenants.length * debtLimitQuanta) * visitMs;
        for (const waited of await Promise.all(uses)) expect(waited).toBeLessThanOrEqual(boundMs);
        expect(cluster.broken).toEqual([]);
      }),
      runs,
    );
  });
});
