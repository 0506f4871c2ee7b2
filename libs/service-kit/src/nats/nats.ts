import { readFileSync } from 'node:fs';
import { connect, errors, type NatsConnection } from '@nats-io/transport-node';
import type { CommonConfig } from '../config.js';
import type { Log } from '../log.js';
import { Writer } from './writer.js';

/**
 * The process's one connection to NATS. It reconnects for ever: a broker that is away for an hour is no reason to end.
 *
 * Invariant: `isConnected` turns false before any request that was refused by the loss is answered, so nothing is written into a
 * connection that would deliver it when nobody waits any more; once closed it stays false.
 */
export class Nats {
  /** For messages that come by the thousand; what is seldom may go straight to the connection. */
  readonly writer: Writer;
  #connected = true;
  #isLeaving = false;
  #isLost = false;
  readonly #onReconnect = new Set<() => void>();
  readonly #onRefusal = new Set<(subject: string) => void>();

  private constructor(
    readonly connection: NatsConnection,
    /** What every inbox of this process begins with: NATS lets its user listen there alone. */
    readonly inboxPrefix: string,
    /** The name of this process among the instances of its service. */
    readonly instance: string,
    private readonly log: Log,
  ) {
    this.writer = new Writer(connection);
    void this.#watch();
    void connection.closed().then((cause) => this.#closed(cause));
  }

  /** Connects, waiting as long as it takes. */
  static async open(config: CommonConfig, instance: string, log: Log): Promise<Nats> {
    const inboxPrefix = `_INBOX_${config.NATS_USER}`;
    const connection = await connect({
      servers: config.NATS_URL.split(','),
      user: config.NATS_USER,
      pass: config.NATS_PASSWORD,
      name: instance,
      inboxPrefix,
      waitOnFirstConnect: true,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 500,
      reconnectJitter: 500,
      pingInterval: 5000,
      maxPingOut: 2,
      ignoreAuthErrorAbort: true,
      noAsyncTraces: true,
      ...(config.NATS_CA_FILE ? { tls: { ca: readFileSync(config.NATS_CA_FILE, 'utf8') } } : {}),
    });
    return new Nats(connection, inboxPrefix, instance, log);
  }

  get isConnected(): boolean {
    return this.#connected;
  }

  /** It has ended though nobody asked for that, and will not come back. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Calls `listener` after each reconnection; what the server forgot meanwhile is said again there. */
  onReconnect(listener: () => void): void {
    this.#onReconnect.add(listener);
  }

  /** Calls `listener` with each subject that NATS did not let this process publish to. */
  onRefusal(listener: (subject: string) => void): void {
    this.#onRefusal.add(listener);
  }

  /** Resolves when the broker has all that was written. */
  async flush(): Promise<void> {
    this.writer.flush();
    if (!this.connection.isClosed()) await this.connection.flush();
  }

  /** Waits until all that was written has left, then leaves. */
  async close(): Promise<void> {
    this.#isLeaving = true;
    this.writer.flush();
    this.#connected = false;
    if (!this.connection.isClosed()) await this.connection.drain();
  }

  async #watch(): Promise<void> {
    for await (const status of this.connection.status()) {
      switch (status.type) {
        case 'disconnect':
          this.#connected = false;
          this.log.warn('NATS connection lost; reconnecting');
          break;
        case 'reconnect':
          this.#connected = true;
          this.log.info('NATS connection restored');
          for (const listener of this.#onReconnect) listener();
          break;
        case 'error':
          this.log.error({ err: status.error }, 'NATS refused something this service did');
          this.#tellRefusal(status.error);
          break;
        default:
      }
    }
  }

  #closed(cause: unknown): void {
    this.#connected = false;
    if (this.#isLeaving) return;
    this.#isLost = true;
    this.log.fatal({ err: cause }, 'the NATS connection has ended for good');
  }

  #tellRefusal(error: Error): void {
    if (!(error instanceof errors.PermissionViolationError) || error.operation !== 'publish') return;
    for (const listener of this.#onRefusal) listener(error.subject);
  }
}
