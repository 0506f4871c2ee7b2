/** The middle of what was measured, and how far it lay apart. */
export interface Spread {
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  readonly min: number;
  readonly max: number;
}

/** The value below which `share` (0 to 1) of the values lie, interpolated between neighbours. Raises on no values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  const place = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (below === undefined || above === undefined) throw new RangeError('no values');
  return below + (above - below) * (place - Math.floor(place));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export function spreadOf(values: readonly number[]): Spread {
  return {
    median: median(values),
    lowerQuartile: quantile(values, 0.25),
    upperQuartile: quantile(values, 0.75),
    min: quantile(values, 0),
    max: quantile(values, 1),
  };
}

/**
 * Ours by bare, round by round: what disturbs the machine for seconds disturbs both arms of a round alike, and falls out here.
 * @throws RangeError when the arms have not the same number of rounds, or a bare one measured nothing.
 */
export function ratiosOf(ours: readonly number[], bare: readonly number[]): number[] {
  if (ours.length !== bare.length) throw new RangeError(`${ours.length} rounds against ${bare.length}`);
  return ours.map((value, round) => {
    const limit = bare[round];
    if (!limit) throw new RangeError(`the bare arm measured nothing in round ${round + 1}`);
    return value / limit;
  });
}
