/** Of a window, so much is answered where all is well: a machine that stands still for a moment is none of ours. */
const goodShare = 0.95;

/** To the end of the last window in which not all was well. */
export const secondsUntilGood = (goodShares: readonly number[], windowMs: number): number =>
  ((goodShares.findLastIndex((share) => share < goodShare) + 1) * windowMs) / 1000;
