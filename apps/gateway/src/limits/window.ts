/**
 * The requests of one key in one fixed span of time, and what is left of the span before: together a window that slides.
 *
 * Invariant: `own` is told as a whole, so that telling it twice, or again to a Redis that was emptied, changes nothing.
 */
export class Window {
  /** What this gateway has let through. */
  own = 0;
  /** How much of it the others can know of. */
  told = 0;
  /** What the others had let through when we last asked. */
  others = 0;

  /**
   * @param endsAt milliseconds since the epoch.
   * @param before what all gateways let through in the span before, as far as is known.
   */
  constructor(
    readonly endsAt: number,
    readonly spanMs: number,
    public before: number,
  ) {}

  get total(): number {
    return this.own + this.others;
  }

  /** How many count at this time: those of this span, and of the one before the part that the window still covers. */
  countAt(now: number): number {
    return this.total + Math.floor((this.before * (this.endsAt - now)) / this.spanMs);
  }

  /** Milliseconds until one more fits under the limit, if nobody asks meanwhile. */
  roomInMs(now: number, limit: number): number {
    const { before, endsAt, spanMs, total } = this;
    const free = limit - total - 1;
    const roomAt =
      free >= 0
        ? endsAt - (spanMs * (free + 1)) / Math.max(before, 1)
        : endsAt + spanMs * (1 - limit / Math.max(total, 1));
    return Math.max(roomAt - now, 0);
  }
}
