import { describe, expect, it } from '@jest/globals';
import { missesOfBelady, randomOf, tenantsBy } from './sequence.ts';

describe('the best choice in hindsight', () => {
  it.each([
    [[1, 2, 3, 1, 2, 3], 2, [true, true, true, false, true, false]],
    [[1, 1, 1], 1, [true, false, false]],
    [[1, 2, 1, 3, 1, 2], 2, [true, true, false, true, false, true]],
  ])('misses on %j with %i places as found by hand', (sequence, places, missed) => {
    expect(missesOfBelady(sequence, places)).toEqual(missed);
  });
});

describe('tenants by the law of Zipf', () => {
  it('are drawn as often as their rank says', () => {
    const draw = tenantsBy(1, 1000, randomOf(1));
    const counts = new Map<number, number>();
    for (let time = 0; time < 100_000; time++) {
      const tenant = draw();
      counts.set(tenant, (counts.get(tenant) ?? 0) + 1);
    }
    const [first = 0, second = 0] = [...counts.values()].sort((one, other) => other - one);
    expect(first / 100_000).toBeCloseTo(1 / 7.485, 2);
    expect(second / first).toBeCloseTo(0.5, 1);
  });
});
