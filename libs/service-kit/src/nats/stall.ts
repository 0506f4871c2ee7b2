import { setTimeout as sleep } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';

const tickMs = 200;
/** A delay of this much is no longer the ordinary jitter of an event loop or of the broker. */
const stallMs = 300;
/** After the broker stood still, what others had sent it may come this much after its first pong. */
const settleMs = 100;

/**
 * Notices when this process stood still (stopped, swapped, blocked), or the broker did. Messages that waited in a socket meanwhile say
 * how many milliseconds they have left, counted from when they were sent: read after the stall they would look fresh and be worked on
 * for callers long gone.
 *
 * Invariant: from the end of a stall until all that was sent before it has been read, `lostMsAt` is at least the stall's length; else 0.
 */
export class StallWatch {
  #lastTick = performance.now();
  /** When the broker was asked for a pong that has not come yet. */
  #askedAt: number | undefined;
  #lostMs = 0;
  #stalls = 0;
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
    const silentMs = this.#askedAt === undefined ? 0 : now - this.#askedAt;
    return silentMs < stallMs ? this.#lostMs : Math.max(this.#lostMs, silentMs + tickMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(now: number): void {
    const sinceTickMs = now - this.#lastTick;
    this.#lastTick = now;
    if (sinceTickMs >= tickMs + stallMs) this.#lose(sinceTickMs, 0);
    if (this.#askedAt !== undefined) return;
    this.#askedAt = now;
    const answered = (): void => {
      const silentMs = performance.now() - now;
      this.#askedAt = undefined;
      // It may have fallen silent right after the pong before.
      if (silentMs >= stallMs) this.#lose(silentMs + tickMs, settleMs);
    };
    this.connection.flush().then(answered, answered);
  }

  #lose(ms: number, settleMs: number): void {
    this.#lostMs = Math.max(this.#lostMs, ms);
    const stall = ++this.#stalls;
    const over = (): void => {
      if (this.#stalls === stall) this.#lostMs = 0;
    };
    // The broker answers a ping after everything it has already sent us: once the pong is here, what was waiting has been read.
    this.connection
      .flush()
      .then(() => settleMs && sleep(settleMs, undefined, { ref: false }))
      .then(over, over);
  }
}
