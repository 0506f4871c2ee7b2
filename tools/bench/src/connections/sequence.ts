/** The same numbers in each run (Numerical Recipes' linear congruence). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Draws tenants by Zipf's law of this exponent; 0 is uniform. Which tenant is how popular is left to chance. */
export function tenantsBy(exponent: number, tenants: number, random: () => number): () => number {
  const sums: number[] = [];
  let sum = 0;
  for (let rank = 1; rank <= tenants; rank++) sums.push((sum += rank ** -exponent));
  const order = Array.from({ length: tenants }, (_, tenant) => tenant);
  for (let at = tenants - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return () => {
    const drawn = random() * sum;
    let [low, high] = [0, tenants - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < drawn) low = middle + 1;
      else high = middle;
    }
    return order[low]!;
  };
}

/**
 * Where the best choice in hindsight misses on this sequence with so many places (Belady, 1966: give up what is needed again last):
 * of each request, whether it missed.
 */
export function missesOfBelady(sequence: readonly number[], places: number): boolean[] {
  const nextUse: number[] = new Array<number>(sequence.length);
  const upcoming = new Map<number, number>();
  for (let at = sequence.length - 1; at >= 0; at--) {
    nextUse[at] = upcoming.get(sequence[at]!) ?? Infinity;
    upcoming.set(sequence[at]!, at);
  }
  const cache = new Map<number, number>();
  return sequence.map((tenant, at) => {
    const missed = !cache.has(tenant);
    if (missed && cache.size >= places) cache.delete(furthest(cache));
    cache.set(tenant, nextUse[at]!);
    return missed;
  });
}

function furthest(cache: ReadonlyMap<number, number>): number {
  let [last, lastUse] = [-1, -1];
  for (const [tenant, use] of cache) if (use > lastUse) [last, lastUse] = [tenant, use];
  return last;
}
