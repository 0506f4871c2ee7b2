import { randomBytes } from 'node:crypto';
import type { Msg, MsgHdrs } from '@nats-io/transport-node';
import type { Issuer, ServiceName } from '@tenantry/contracts';
import { ServiceError } from '../service-error.js';
import { isWordOfNoResponders } from './headers.js';
import type { Nats } from './nats.js';

interface Asker {
  readonly resolve: (reply: Msg) => void;
  readonly reject: (error: ServiceError) => void;
}

interface Pending {
  readonly subject: string;
  readonly deadlineAt: number;
  /** Taken out when it is settled. */
  asker: Asker | undefined;
}

/** How far past its deadline a request may be answered for, at most. */
const sweepEveryMs = 25;

/** The cause of `service-unavailable` where NATS itself has said that nobody listens. */
export const nobodyListens = 'no responders';

/** What nobody guesses (128 bits), and may stand in a subject. */
export const secretToken = (): string => randomBytes(16).toString('base64url');

interface Question {
  readonly subject: string;
  /** Who is asked. */
  readonly service: ServiceName | Issuer;
}

/**
 * Requests under way, over one inbox for each service that is asked: `_INBOX_<asker>.<service>.<secret>.<number>`. It names who is asked, since NATS
 * lets each service answer there and nowhere else: it could otherwise say anything to anybody, by answering a request of its own making. That does
 * not hold for what JetStream delivers, which a service has sent anywhere (docs/adr/0016): so the secret is told to that one service alone, and
 * who is never asked cannot name the inbox.
 *
 * The client library's own `request` makes a timer, two promises and an error with a stack for every request that succeeds: twice the CPU of this
 * (docs/performance.md).
 *
 * Invariants: a request is settled once, by its reply, by word that nobody will answer, or by its deadline, and is forgotten then; the one timer
 * runs only while something is pending.
 */
export class Requests {
  readonly #pending = new Map<string, Pending>();
  readonly #inboxes = new Map<string, string>();
  #count = 0;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(private readonly nats: Nats) {
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
  request(
    { subject, service }: Question,
    body: Uint8Array | string,
    headers: MsgHdrs,
    deadlineAt: number,
  ): Promise<Msg> {
    // Whole, so that what one service is asked another one cannot answer.
    const reply = `${this.#inboxes.get(service) ?? this.#openInbox(service)}.${(this.#count++).toString(36)}`;
    return new Promise((resolve, reject) => {
      this.#pending.set(reply, { subject, deadlineAt, asker: { resolve, reject } });
      this.#sweeper ??= setInterval(() => this.#sweep(), sweepEveryMs);
      this.nats.writer.publish(subject, body, { reply, headers }, (cause) => {
        this.#take(reply)?.reject(away(cause));
      });
    });
  }

  #openInbox(service: string): string {
    const inbox = `${this.nats.inboxPrefix}.${service}.${secretToken()}`;
    this.nats.connection.subscribe(`${inbox}.*`, { callback: (error, reply) => this.#settle(error, reply) });
    this.#inboxes.set(service, inbox);
    return inbox;
  }

  #settle(error: Error | null, reply: Msg): void {
    if (error) return;
    const asker = this.#take(reply.subject);
    if (!asker) return;
    if (isWordOfNoResponders(reply)) asker.reject(away(nobodyListens));
    else asker.resolve(reply);
  }

  #refuse(subject: string): void {
    for (const [inbox, pending] of this.#pending) {
      if (pending.subject === subject) this.#take(inbox)?.reject(away('NATS does not let this service ask that'));
    }
  }

  /**
   * Who waits for it, if somebody does. What is taken is emptied: a Map that is written and deleted from all the time leaves copies of itself behind,
   * each of which knows the next, and once one of them is old all that they hold is kept until a large collection of garbage (docs/performance.md).
   */
  #take(inbox: string): Asker | undefined {
    const pending = this.#pending.get(inbox);
    const asker = pending?.asker;
    if (pending) pending.asker = undefined;
    this.#pending.delete(inbox);
    if (this.#pending.size === 0) {
      clearInterval(this.#sweeper);
      this.#sweeper = undefined;
    }
    return asker;
  }

  #sweep(): void {
    const now = performance.now();
    for (const [inbox, { deadlineAt }] of this.#pending) {
      if (deadlineAt <= now)
        this.#take(inbox)?.reject(new ServiceError('deadline-exceeded', 'No answer came in time.'));
    }
  }
}

const away = (cause: unknown): ServiceError =>
  new ServiceError('service-unavailable', 'The part of the system that serves this is away.', { cause });
