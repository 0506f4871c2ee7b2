import type { NatsConnection } from '@nats-io/transport-node';

const tickMs = 100;
/** A delay of this much is no longer the ordinary jitter of the event loop. */
const stallMs = 300;

/**
 * Notices when the process stood still (stopped, swapped, blocked). Messages that waited in its socket meanwhile say how many
 * milliseconds they have left, counted from when they were sent: read after the stall they would look fresh and be worked on for
 * callers long gone.
 *
 * Invariant: from the end of a stall until all that was sent before it has been read, `lostMsAt` is the stall's length; else 0.
 */
export class StallWatch {
  #lastTick = performance.now();
  #lostMs = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly connection: NatsConnection) {
    this.#timer = setInterval(() => this.#tick(performance.now()), tickMs);
    this.#timer.unref();
  }

  /**
   * How much of its time a message read now may already have lost, in milliseconds.
   * @param now on the clock of `performance.now()`
   */
  lostMsAt(now: number): number {
    // A process that wakes up reads its sockets before its timers: the first message may be earlier than the tick.
    if (now - this.#lastTick >= tickMs + stallMs) this.#tick(now);
    return this.#lostMs;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(now: number): void {
    const late = now - this.#lastTick - tickMs;
    this.#lastTick = now;
    if (late < stallMs) return;
    // A second stall before the first is over adds to it.
    this.#lostMs += late;
    const lostMs = this.#lostMs;
    // The broker answers a ping after everything it has already sent us: once the pong is here, what was waiting has been read.
    const over = (): void => {
      if (this.#lostMs === lostMs) this.#lostMs = 0;
    };
    this.connection.flush().then(over, over);
  }
}
