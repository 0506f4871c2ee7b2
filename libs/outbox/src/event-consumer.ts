import {
  AckPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  DeliverPolicy,
  type ConsumerMessages,
  type JsMsg,
} from '@nats-io/jetstream';
import { eventStream, type DomainEvent } from '@tenantry/contracts';
import type { Log } from '@tenantry/service-kit';
import { deadLetter } from './dead-letter.js';
import { readHeard, Refused, type Heard } from './heard.js';
import { isMissingStream, type EventStreams } from './streams.js';
import { eventSubjectOf, isBehind, type WaitingEvents } from './waiting-events.js';

/** What a handler does with an event. May run more than once for it where no database remembers (see README). */
export type Hearer = (heard: Heard, signal: { readonly deadlineAt: number }) => Promise<void>;

export interface ConsumerSettings {
  /** How long after each failed try the next one comes; one more failure ends it. */
  readonly retryAfterMs: readonly number[];
  /** Events worked on at once by this process. */
  readonly atOnce: number;
  /** What one try may take. */
  readonly tryMs: number;
  /** Until the next attempt to listen, where listening failed. */
  readonly listenAgainMs: number;
}

export const defaultConsumerSettings: ConsumerSettings = {
  retryAfterMs: [1000, 5000, 15_000, 60_000],
  atOnce: 16,
  tryMs: 20_000,
  listenAgainMs: 1000,
};

const nanos = 1_000_000;
/** What waits for its next try counts, too: so many may before the others are held up. */
const unsettledEvents = 20_000;

/**
 * Hears events for a service: its instances share one durable pull consumer that bears its name.
 *
 * Invariants: an event is acknowledged only after its handler has succeeded or it lies at the dead-letter subject, or among those that wait for
 * their tenant; a failing event waits for its next try at the server, holding up no other.
 */
export class EventConsumer {
  readonly #hearers = new Map<string, { event: DomainEvent; hear: Hearer }>();
  readonly #underWay = new Set<Promise<void>>();
  #messages: ConsumerMessages | undefined;
  #listening: Promise<void> | undefined;
  #closed = false;

  constructor(
    private readonly streams: EventStreams,
    private readonly log: Log,
    private readonly settings: ConsumerSettings = defaultConsumerSettings,
    /** Where there are databases of tenants. */
    private readonly waiting?: WaitingEvents,
  ) {}

  /**
   * Adds what is done when the event happens; before `start`.
   * @throws TypeError when something is done already: one event has one handler in a service.
   */
  on(event: DomainEvent, hear: Hearer): void {
    if (this.#hearers.has(event.type)) throw new TypeError(`${event.type} has a handler already`);
    this.#hearers.set(event.type, { event, hear });
  }

  /** Begins to listen, where there is anything to hear; a broker that is away is waited for. */
  start(): void {
    if (this.#hearers.size > 0) this.#listening = this.#listen();
  }

  /** Takes no more, and waits for what was taken. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#messages?.stop();
    await this.#listening;
    await Promise.all(this.#underWay);
  }

  async #listen(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#takeMessages();
      } catch (err) {
        // A service may be there before the registry.
        if (isMissingStream(err)) this.log.info('events are not heard yet: their stream is not there');
        else this.log.warn({ err }, 'events cannot be heard; trying again');
      }
      if (!this.#closed) await new Promise((resolve) => setTimeout(resolve, this.settings.listenAgainMs).unref());
    }
  }

  async #takeMessages(): Promise<void> {
    const { service, jetstream } = this.streams;
    await this.#putConsumer();
    const consumer = await jetstream.consumers.get(eventStream, service);
    this.#messages = await consumer.consume({ max_messages: this.settings.atOnce, abort_on_missing_resource: true });
    if (this.#closed) this.#messages.stop();
    for await (const message of this.#messages) {
      const work = this.#work(message).finally(() => this.#underWay.delete(work));
      this.#underWay.add(work);
      if (this.#underWay.size >= this.settings.atOnce) await Promise.race(this.#underWay);
    }
  }

  /** Makes the durable consumer, or gives it the events that this release hears. */
  async #putConsumer(): Promise<void> {
    const { consumers } = await this.streams.manager();
    const { service } = this.streams;
    const heard = {
      filter_subjects: [
        ...[...this.#hearers.values()].map(({ event }) => event.subject),
        ...(this.waiting?.subjects ?? []),
      ],
      max_ack_pending: unsettledEvents,
      // Beyond a try, so that the server gives an event to another instance only when this one has died.
      ack_wait: 1.5 * this.settings.tryMs * nanos,
    };
    try {
      await consumers.update(eventStream, service, heard);
    } catch (error) {
      const isMissing = error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound;
      if (!isMissing) throw error;
      const fixed = { durable_name: service, ack_policy: AckPolicy.Explicit, deliver_policy: DeliverPolicy.All };
      await consumers.add(eventStream, { ...fixed, ...heard, max_deliver: -1 });
    }
  }

  /** Never rejects. */
  async #work(message: JsMsg): Promise<void> {
    const { deliveryCount } = message.info;
    const { retryAfterMs, tryMs } = this.settings;
    if (this.waiting?.has(message))
      return this.waiting.lookAgain(message, retryAfterMs[deliveryCount - 1] ?? retryAfterMs.at(-1) ?? tryMs);
    try {
      // Its process died each time, or nobody said in time how it went.
      if (deliveryCount > retryAfterMs.length + 1) throw new Refused('every try ended without an outcome');
      const { heard, hear } = this.#read(message);
      await hear(heard, { deadlineAt: performance.now() + tryMs });
      message.ack();
    } catch (error) {
      if (isBehind(error) && (await this.#isPutOff(message))) return;
      const waitMs = error instanceof Refused ? undefined : retryAfterMs[deliveryCount - 1];
      this.log.warn({ err: error, subject: message.subject, deliveryCount }, 'an event could not be worked on');
      if (waitMs === undefined) await deadLetter(this.streams, message, error, this.log);
      else message.nak(waitMs);
    }
  }

  async #isPutOff(message: JsMsg): Promise<boolean> {
    try {
      await this.waiting?.putOff(message);
      return this.waiting !== undefined;
    } catch (err) {
      this.log.warn({ err, subject: message.subject }, 'an event could not be put off');
      return false;
    }
  }

  #read(message: JsMsg): { heard: Heard; hear: Hearer } {
    const type = eventSubjectOf(message, this.streams.service).slice('events.'.length);
    const known = this.#hearers.get(type);
    if (!known) throw new Error(`${type} is not heard by this release`);
    return { heard: readHeard(known.event, message), hear: known.hear };
  }
}
