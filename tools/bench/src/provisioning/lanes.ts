import type { Measured } from '../harness/rounds.ts';

/** What the parent tells either arm to do. */
export interface Wish {
  readonly tenants: number;
  readonly atOnce: number;
}

export interface Births extends Measured {
  readonly latenciesUs: readonly number[];
}

/** Makes so many tenants, `atOnce` under way until the last have begun. The first failure ends the run. */
export async function inLanes(make: () => Promise<void>, { tenants, atOnce }: Wish): Promise<Births> {
  const latenciesUs: number[] = [];
  let begun = 0;
  const start = performance.now();
  const lane = async (): Promise<void> => {
    while (begun++ < tenants) {
      const asked = performance.now();
      await make();
      latenciesUs.push((performance.now() - asked) * 1000);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return { requests: tenants, seconds: (performance.now() - start) / 1000, latenciesUs };
}
