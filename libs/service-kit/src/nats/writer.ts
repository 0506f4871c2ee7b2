import type { MsgHdrs, NatsConnection } from '@nats-io/transport-node';

interface Envelope {
  readonly reply?: string;
  readonly headers: MsgHdrs;
}

interface Queued {
  readonly subject: string;
  readonly body: Uint8Array | string;
  readonly envelope: Envelope;
  readonly failed: (cause: unknown) => void;
}

/**
 * Writes messages, all those of one turn of the event loop together. The client library writes to its socket after every message of a
 * callback; under load that is a system call, a wake-up of the broker and one of the receiver for each, which together cost more than
 * all else a message goes through (docs/performance.md).
 *
 * Invariant: messages leave in the order in which they were given, before the loop turns again.
 */
export class Writer {
  #queue: Queued[] = [];

  constructor(private readonly connection: NatsConnection) {}

  /** Sends; `failed` is called instead when the message cannot be sent, such as when it is too large. */
  publish(subject: string, body: Uint8Array | string, envelope: Envelope, failed: (cause: unknown) => void): void {
    if (this.#queue.push({ subject, body, envelope, failed }) === 1) setImmediate(() => this.flush());
  }

  /** Hands what waits to the connection now. */
  flush(): void {
    const queue = this.#queue;
    this.#queue = [];
    for (const { subject, body, envelope, failed } of queue) {
      try {
        this.connection.publish(subject, body, envelope);
      } catch (cause) {
        failed(cause);
      }
    }
  }
}
