import type { NatsConnection } from '@nats-io/transport-node';

const tickMs = 100;
/** A delay of this much is no longer the ordinary jitter of the event loop. */
const stallMs = 300;

/**
 * Notices when the process stood still (stopped, swapped, blocked). Messages that waited in its socket meanwhile say how many
 * milliseconds they have left, counted from when they were sent: read after the stall they would look fresh and be worked on for
 * callers long gone.
 *
 * Invariant: from the end of a stall until all that was sent before it has been read, `lostMs` is the stall's length; else 0.
 */
export class StallWatch {
  #lastTick = performance.now();
  #lostMs = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly connection: NatsConnection) {
    this.#timer = setInterval(() => this.#tick(), tickMs);
    this.#timer.unref();
  }

  /** How much of its time a message read now may already have lost, in milliseconds. */
  get lostMs(): number {
    return this.#lostMs;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    const late = now - this.#lastTick - tickMs;
    this.#lastTick = now;
    if (late < stallMs) return;
    this.#lostMs = late;
    // The broker answers a ping after everything it has already sent us: once the pong is here, what was waiting has been read.
    const over = (): void => void (this.#lostMs = 0);
    this.connection.flush().then(over, over);
  }
}
