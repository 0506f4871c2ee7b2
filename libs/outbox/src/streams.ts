import {
  JetStreamApiCodes,
  JetStreamApiError,
  jetstream,
  jetstreamManager,
  type JetStreamClient,
  type JetStreamManager,
  type PubAck,
} from '@nats-io/jetstream';
import { headers as natsHeaders } from '@nats-io/transport-node';
import type { ServiceName } from '@tenantry/contracts';
import type { Nats } from '@tenantry/service-kit';

export const hintStreamOf = (service: ServiceName): string => `outbox-hints-${service}`;
export const hintSubjectOf = (service: ServiceName, relay: string): string => `outbox-hints.${service}.${relay}`;

/** The registry has not made it yet, on a new broker or on one that came back empty. */
export const isMissingStream = (error: unknown): boolean =>
  error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound;

/** The streams a service writes to. {@link StreamMaker} makes them, in the registry; until they are there, whatever needs one fails at once. */
export class EventStreams {
  readonly jetstream: JetStreamClient;
  #manager: Promise<JetStreamManager> | undefined;

  constructor(
    private readonly nats: Nats,
    readonly service: ServiceName,
  ) {
    this.jetstream = jetstream(nats.connection);
  }

  get isConnected(): boolean {
    return this.nats.isConnected;
  }

  get connection(): Nats['connection'] {
    return this.nats.connection;
  }

  manager(): Promise<JetStreamManager> {
    return (this.#manager ??= jetstreamManager(this.nats.connection, { checkAPI: false }));
  }

  /** Publishes and waits until it is stored; the same `id` twice is stored once. */
  async publish(
    subject: string,
    body: string | Uint8Array,
    { id, ackMs, headers = {} }: { id?: string; ackMs: number; headers?: Readonly<Record<string, string>> },
  ): Promise<PubAck> {
    const sent = natsHeaders();
    for (const [name, value] of Object.entries(headers)) sent.set(name, value);
    return this.jetstream.publish(subject, body, { headers: sent, timeout: ackMs, ...(id ? { msgID: id } : {}) });
  }
}
