import {
  DiscardPolicy,
  JetStreamApiError,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import { eventStream, serviceNames, type ServiceName } from '@tenantry/contracts';
import type { Log, Nats } from '@tenantry/service-kit';
import { hintStreamOf, hintSubjectOf } from './streams.js';

const nanos = 1_000_000;
const dayMs = 86_400_000;
/** JetStream's code for "there is one of this name, made otherwise". */
const madeOtherwise = 10_058;
const lookEveryMs = 2000;

/** How long an event can be heard after it was told. */
export const eventLifetimeMs = 7 * dayMs;

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

/** The registry's own outbox is its central database's, which needs no hints. */
export const wantedStreams: readonly Wanted[] = [
  events,
  ...serviceNames.filter((name) => name !== 'tenant-registry').map(hintsOf),
];

/**
 * Makes the streams of all services where they are missing: the registry runs it, and NATS lets nobody else
 * (tools/stack/nats/nats.conf), for whoever makes a stream says what it takes in and where JetStream publishes that again.
 *
 * Looks as soon as the broker is there (again), which may have come back empty, and from then on: what has no stream is refused meanwhile.
 */
export class StreamMaker {
  readonly #manager: Promise<JetStreamManager>;
  /** When JetStream says that each was made. */
  readonly #madeAt = new Map<string, string>();
  readonly #alarmed = new Set<string>();
  #looking: Promise<void> | undefined;

  constructor(
    private readonly nats: Nats,
    private readonly log: Log,
  ) {
    this.#manager = jetstreamManager(nats.connection, { checkAPI: false });
  }

  /** Looks until the process ends. */
  start(): void {
    const look = (): void => void this.look();
    this.nats.onReconnect(look);
    setInterval(look, lookEveryMs).unref();
    look();
  }

  /** One look, which makes what is missing. Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#makeAll().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #makeAll(): Promise<void> {
    try {
      for (const wanted of wantedStreams) if (this.nats.isConnected) await this.#make(wanted);
    } catch (err) {
      if (this.nats.isConnected) this.log.warn({ err }, 'streams cannot be made at the moment; trying again');
    }
  }

  async #make(wanted: Wanted): Promise<void> {
    const { streams } = await this.#manager;
    try {
      // JetStream compares all settings, those that are not said with its defaults.
      const { created } = await streams.add(wanted);
      const before = this.#madeAt.get(wanted.name);
      if (before !== undefined && before !== created)
        this.log.warn({ stream: wanted.name, before }, 'a stream was gone, with what was in it, and is made anew');
      this.#madeAt.set(wanted.name, created);
      this.#alarmed.delete(wanted.name);
    } catch (error) {
      if (!(error instanceof JetStreamApiError && error.code === madeOtherwise)) throw error;
      if (this.#alarmed.has(wanted.name)) return;
      this.#alarmed.add(wanted.name);
      this.log.error({ stream: wanted.name }, 'a stream was made otherwise than this release would make it');
    }
  }
}
