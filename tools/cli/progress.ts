/** How many of how many. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

const barWidth = 24;
const minuteSeconds = 60;
const hourSeconds = 3600;

/** As much of a line as there is of the whole. */
export function barOf({ done, total }: Progress): string {
  const filled = total === 0 ? barWidth : Math.floor((barWidth * done) / total);
  return '█'.repeat(filled) + '░'.repeat(barWidth - filled);
}

const rateOf = (perSecond: number): string =>
  perSecond >= 1 ? `${Math.round(perSecond)}/s` : `${Math.max(1, Math.round(perSecond * minuteSeconds))}/min`;

const durationOf = (seconds: number): string => {
  if (seconds < minuteSeconds) return `${Math.ceil(seconds)} s`;
  return seconds < hourSeconds ? `${Math.ceil(seconds / minuteSeconds)} min` : `${Math.ceil(seconds / hourSeconds)} h`;
};

/** How fast something goes on, over all the time that it has been watched. */
export class Pace {
  readonly #clock: () => number;
  #first: { readonly atMs: number; readonly done: number } | undefined;

  /** @param clock milliseconds that never go back. */
  constructor(clock = (): number => performance.now()) {
    this.#clock = clock;
  }

  /** Such as `, 12/s, 40 s left`; nothing where that cannot be told yet, or is of no use any more. */
  of({ done, total }: Progress): string {
    const atMs = this.#clock();
    this.#first ??= { atMs, done };
    const passedSeconds = (atMs - this.#first.atMs) / 1000;
    const perSecond = (done - this.#first.done) / passedSeconds;
    if (!(perSecond > 0) || done >= total) return '';
    return `, ${rateOf(perSecond)}, ${durationOf((total - done) / perSecond)} left`;
  }
}
