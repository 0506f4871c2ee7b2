import { randomBytes } from 'node:crypto';
import type { ServiceName } from '@tenantry/contracts';
import type { Log, Nats } from '@tenantry/service-kit';
import { Hints } from './hints.js';
import { Outbox, type Promises } from './outbox.js';
import { PassedOver } from './passed-over.js';
import { Relay } from './relay.js';
import { defaultSettings, type OutboxSettings } from './settings.js';
import { central, type Place, type Store } from './store.js';
import { EventStreams } from './streams.js';
import { Takeover } from './takeover.js';
import { Teller } from './teller.js';

interface PostOfficeOptions {
  readonly service: ServiceName;
  readonly store: Store;
  readonly nats: Nats;
  readonly log: Log;
  readonly settings?: Partial<OutboxSettings>;
}

/**
 * Everything of one process that brings events from its outboxes to JetStream.
 *
 * Invariant: from before the commit of a transaction with events until they are stored by JetStream, somebody will look: this process,
 * which remembers, or after its death another, which finds the hint. A central outbox needs no hint, being always looked at.
 */
export class PostOffice {
  readonly outbox: Outbox;
  readonly streams: EventStreams;
  readonly #settings: OutboxSettings;
  readonly #relay: Relay;
  readonly #hints: Hints;
  readonly #takeover: Takeover | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;

  constructor({ service, store, nats, log, settings }: PostOfficeOptions) {
    this.#settings = { ...defaultSettings, ...settings };
    this.streams = new EventStreams(nats, service);
    // A name for this life of the process: the next one takes over from it as from any other.
    const name = randomBytes(6).toString('hex');
    const passedOver = new PassedOver(this.#settings);
    const teller = new Teller(store, this.streams, this.#settings, passedOver);
    this.#relay = new Relay({
      visit: (place) => teller.visit(place),
      onEmpty: (place, visitedAt) => {
        passedOver.forget(place);
        this.#takeover?.empty(place, visitedAt);
      },
      settings: this.#settings,
      log,
    });
    const isPending = (place: Place): boolean => this.#relay.isPending(place);
    this.#hints = new Hints(name, this.streams, isPending, this.#settings, log);
    const say = (place: Place): void => this.#relay.say(place);
    if (!store.isCentral) this.#takeover = new Takeover(name, this.streams, say, this.#settings, log);
    this.outbox = new Outbox(service, store, store.isCentral ? this.#remembering() : this.#hinting());
    nats.onReconnect(() => {
      this.#hints.doubt();
      passedOver.hurry();
      this.#relay.hurry();
    });
  }

  /** Looks for what earlier processes have left, now and from time to time. */
  start(): void {
    this.#sweep();
    this.#timer = setInterval(() => this.#sweep(), this.#settings.sweepMs).unref();
  }

  /** Tells what waits, and leaves no hint where nothing is left to tell. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
    await this.#relay.close();
    await this.#hints.sweep(0);
  }

  #hinting(): Promises {
    return {
      begin: (place) => this.#hints.begin(place),
      raise: (place) => this.#hints.raise(place),
      end: (place, said) => {
        if (said) this.#relay.say(place);
        this.#hints.end(place);
      },
    };
  }

  #remembering(): Promises {
    return {
      begin: () => undefined,
      raise: () => Promise.resolve(),
      end: (place, said) => void (said && this.#relay.say(place)),
    };
  }

  #sweep(): void {
    if (this.#takeover === undefined) this.#relay.say(central);
    else if (this.streams.isConnected) {
      this.#sweeping ??= Promise.all([this.#hints.sweep(), this.#takeover.sweep()]).then(
        () => (this.#sweeping = undefined),
      );
    }
  }
}
