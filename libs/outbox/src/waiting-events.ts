import type { JsMsg } from '@nats-io/jetstream';
import { EventEnvelope, resumedSubject, waitingSubject, type ServiceName } from '@tenantry/contracts';
import { ServiceError, type Log } from '@tenantry/service-kit';
import type { Store } from './store.js';
import type { EventStreams } from './streams.js';

const ackMs = 2000;

/** The tenant is yet to be migrated to a schema that this service can serve. In maintenance as operators mean it, its events are heard. */
export const isBehind = (error: unknown): boolean =>
  error instanceof ServiceError && error.code === 'tenant-maintenance';

/** The subject of the event itself, also where the service has put it off. */
export const eventSubjectOf = ({ subject, headers }: JsMsg, service: ServiceName): string =>
  subject === waitingSubject(service) || subject === resumedSubject(service)
    ? (headers?.get('Subject') ?? subject)
    : subject;

/**
 * Events of tenants that the service cannot serve before they are migrated. They wait at `events.waiting.<service>`, and are told to the service
 * once more at `events.resumed.<service>`: each delivery counts as a try, and after days of waiting nobody could tell those in which the service
 * only looked from those in which its process died.
 *
 * Invariants: an event leaves one subject when it is stored at the next; at `events.waiting.<service>` no handler is called.
 */
export class WaitingEvents {
  constructor(
    private readonly streams: EventStreams,
    private readonly store: Pick<Store, 'within'>,
    private readonly log: Log,
  ) {}

  get subjects(): readonly string[] {
    const { service } = this.streams;
    return [waitingSubject(service), resumedSubject(service)];
  }

  has({ subject }: JsMsg): boolean {
    return subject === waitingSubject(this.streams.service);
  }

  /** Has it wait. Raises where it cannot be stored there. */
  async putOff(message: JsMsg): Promise<void> {
    await this.#move(message, waitingSubject(this.streams.service));
    this.log.info({ subject: message.subject }, 'an event waits until its tenant is migrated');
  }

  /** Never rejects. */
  async lookAgain(message: JsMsg, waitMs: number): Promise<void> {
    try {
      // The first time it has only just been put off.
      if (message.info.deliveryCount > 1 && (await this.#isServed(message)))
        await this.#move(message, resumedSubject(this.streams.service));
      else message.nak(waitMs);
    } catch (err) {
      this.log.warn({ err, subject: message.subject }, 'an event goes on waiting: it cannot be told once more');
      message.nak(waitMs);
    }
  }

  async #isServed(message: JsMsg): Promise<boolean> {
    const { tenantid = '' } = EventEnvelope.parse(message.json());
    try {
      await this.store.within(tenantid, () => Promise.resolve(), performance.now() + ackMs);
      return true;
    } catch (error) {
      // What else is wrong is met where it is heard.
      return !isBehind(error);
    }
  }

  async #move(message: JsMsg, subject: string): Promise<void> {
    const { service } = this.streams;
    const id = `${service}:${message.info.streamSequence}:${subject}`;
    const headers = { Subject: eventSubjectOf(message, service) };
    await this.streams.publish(subject, message.data, { id, ackMs, headers });
    message.ack();
  }
}
