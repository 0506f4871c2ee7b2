import { createInbox, type Msg, type MsgHdrs } from '@nats-io/transport-node';
import { ServiceError } from '../service-error.js';
import { headersOf } from './headers.js';
import type { Nats } from './nats.js';

interface Pending {
  readonly subject: string;
  readonly deadlineAt: number;
  readonly resolve: (reply: Msg) => void;
  readonly reject: (error: ServiceError) => void;
}

/** How far past its deadline a request may be answered for, at most. */
const sweepEveryMs = 25;
/** NATS says with this status that nobody listens. */
const noResponders = 503;

/**
 * Requests under way, over one inbox for the whole process.
 *
 * The client library's own `request` makes a timer, two promises and an error with a stack for every request that succeeds: twice the CPU of this
 * (docs/performance.md).
 *
 * Invariants: a request is settled once, by its reply, by word that nobody will answer, or by its deadline, and is forgotten then; the one timer
 * runs only while something is pending.
 */
export class Requests {
  readonly #pending = new Map<string, Pending>();
  readonly #inbox: string;
  #count = 0;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(private readonly nats: Nats) {
    this.#inbox = `${createInbox(nats.inboxPrefix)}.`;
    nats.connection.subscribe(`${this.#inbox}*`, { callback: (error, reply) => this.#settle(error, reply) });
    nats.onRefusal((subject) => this.#refuse(subject));
  }

  /** Requests nobody has answered yet. */
  get size(): number {
    return this.#pending.size;
  }

  /**
   * Sends, and resolves with the reply.
   * @param deadlineAt on the clock of `performance.now()`, in milliseconds.
   * @throws ServiceError `service-unavailable` (nobody listens, or we may not ask), `deadline-exceeded`.
   */
  request(subject: string, body: Uint8Array | string, headers: MsgHdrs, deadlineAt: number): Promise<Msg> {
    const token = (this.#count++).toString(36);
    return new Promise((resolve, reject) => {
      this.#pending.set(token, { subject, deadlineAt, resolve, reject });
      this.#sweeper ??= setInterval(() => this.#sweep(), sweepEveryMs);
      this.nats.writer.publish(subject, body, { reply: this.#inbox + token, headers }, (cause) => {
        this.#take(token)?.reject(away(cause));
      });
    });
  }

  #settle(error: Error | null, reply: Msg): void {
    if (error) return;
    const pending = this.#take(reply.subject.slice(this.#inbox.length));
    if (!pending) return;
    if (isWordOfNoResponders(reply)) pending.reject(away('no responders'));
    else pending.resolve(reply);
  }

  #refuse(subject: string): void {
    for (const [token, pending] of this.#pending) {
      if (pending.subject === subject) this.#take(token)?.reject(away('NATS does not let this service ask that'));
    }
  }

  #take(token: string): Pending | undefined {
    const pending = this.#pending.get(token);
    this.#pending.delete(token);
    if (this.#pending.size === 0) {
      clearInterval(this.#sweeper);
      this.#sweeper = undefined;
    }
    return pending;
  }

  #sweep(): void {
    const now = performance.now();
    for (const [token, { deadlineAt }] of this.#pending) {
      if (deadlineAt <= now)
        this.#take(token)?.reject(new ServiceError('deadline-exceeded', 'No answer came in time.'));
    }
  }
}

/** Decoding headers costs: only an empty reply can be the server's word. */
function isWordOfNoResponders(reply: Msg): boolean {
  if (reply.data.length > 0) return false;
  const headers = headersOf(reply);
  return headers !== undefined && 'code' in headers && headers.code === noResponders;
}

const away = (cause: unknown): ServiceError =>
  new ServiceError('service-unavailable', 'The part of the system that serves this is away.', { cause });
