import {
  DiscardPolicy,
  JetStreamApiError,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type JetStreamClient,
  type JetStreamManager,
  type PubAck,
  type StreamConfig,
} from '@nats-io/jetstream';
import { headers as natsHeaders } from '@nats-io/transport-node';
import { eventStream, type ServiceName } from '@tenantry/contracts';
import type { Nats } from '@tenantry/service-kit';

const nanos = 1_000_000;
const dayMs = 86_400_000;
/** JetStream's code for "there is one of this name, made otherwise": of an older or newer release of ours, which is as good. */
const madeOtherwise = 10_058;

/** How long an event can be heard after it was told. */
export const eventLifetimeMs = 7 * dayMs;

export const hintStreamOf = (service: ServiceName): string => `outbox-hints-${service}`;
export const hintSubjectOf = (service: ServiceName, relay: string): string => `outbox-hints.${service}.${relay}`;

type Wanted = Partial<StreamConfig> & Pick<StreamConfig, 'name'>;

const common = { storage: StorageType.File, retention: RetentionPolicy.Limits, discard: DiscardPolicy.Old };

const events: Wanted = {
  ...common,
  name: eventStream,
  subjects: ['events.>'],
  max_age: eventLifetimeMs * nanos,
  max_bytes: 512 * 1024 * 1024,
  // A relay that got no acknowledgement tells again well within this.
  duplicate_window: 5 * 60_000 * nanos,
};

const hintsOf = (service: ServiceName): Wanted => ({
  ...common,
  name: hintStreamOf(service),
  subjects: [hintSubjectOf(service, '*')],
});

/**
 * The streams a service writes to, made where they are missing: also when a broker has come back with an empty disk.
 */
export class EventStreams {
  readonly jetstream: JetStreamClient;
  #manager: Promise<JetStreamManager> | undefined;
  readonly #made = new Map<string, Promise<void>>();

  constructor(
    private readonly nats: Nats,
    readonly service: ServiceName,
  ) {
    this.jetstream = jetstream(nats.connection);
    nats.onReconnect(() => this.#made.clear());
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

  /** Resolves once the stream of events is there. */
  events(): Promise<void> {
    return this.#make(events);
  }

  /** Resolves once the stream of this service's hints is there. */
  hints(): Promise<void> {
    return this.#make(hintsOf(this.service));
  }

  /** Publishes and waits until it is stored; the same `id` twice is stored once. */
  async publish(
    subject: string,
    body: string | Uint8Array,
    { id, ackMs, headers = {} }: { id?: string; ackMs: number; headers?: Readonly<Record<string, string>> },
  ): Promise<PubAck> {
    const sent = natsHeaders();
    for (const [name, value] of Object.entries(headers)) sent.set(name, value);
    try {
      return await this.jetstream.publish(subject, body, {
        headers: sent,
        timeout: ackMs,
        ...(id ? { msgID: id } : {}),
      });
    } catch (error) {
      // The stream may be gone: before the next attempt it is asked for again.
      this.#made.clear();
      throw error;
    }
  }

  #make(wanted: Wanted): Promise<void> {
    let made = this.#made.get(wanted.name);
    if (!made) {
      made = this.manager().then(async (manager) => {
        await manager.streams.add(wanted).catch((error: unknown) => {
          if (!(error instanceof JetStreamApiError && error.code === madeOtherwise)) throw error;
        });
      });
      this.#made.set(wanted.name, made);
      made.catch(() => this.#made.delete(wanted.name));
    }
    return made;
  }
}
