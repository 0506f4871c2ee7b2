import { z } from 'zod';
import { serviceOf, type ServiceName } from './message.js';
import { id } from './schemas.js';

/** What an event says beyond its type. */
interface EventTerms<Data extends z.ZodType> {
  /** What happened. Whoever hears events sees it: no secret, and of a person no more than hearers need. */
  readonly data: Data;
  /** Grows when the data changes so that those who read the version before cannot read it any more. */
  readonly version: number;
}

/** Something that has happened, as services tell each other. Made by {@link event} only. */
export interface DomainEvent<Data extends z.ZodType = z.ZodType> extends EventTerms<Data> {
  readonly type: string;
  /** Where it is published: `events.<type>`. */
  readonly subject: string;
  /** The service it happens in, the only one that may publish it. */
  readonly service: ServiceName;
  /** Names type and version. */
  readonly dataschema: string;
}

/** What a writer gives. */
export type EventDataOf<E extends DomainEvent> = z.input<E['data']>;
/** What a hearer reads. */
export type HeardDataOf<E extends DomainEvent> = z.output<E['data']>;

/** The JetStream stream of all events, over `events.>`. */
export const eventStream = 'events';

/** Where `service` leaves the events that it could not work on. */
export const deadLetterSubject = (service: ServiceName): string => `events.dead.${service}`;

/** Where `service` keeps the events of tenants that it cannot serve before they are migrated. */
export const waitingSubject = (service: ServiceName): string => `events.waiting.${service}`;

/** Where `service` tells itself such an event once more. */
export const resumedSubject = (service: ServiceName): string => `events.resumed.${service}`;

/** The `dataschema` of a version of an event's data. */
export const dataschemaOf = (type: string, version: number): string => `urn:tenantry:event:${type}:${version}`;

/**
 * Declares an event once, for who tells it and who hears it.
 *
 * @param type `<service>.<what happened>` in the past tense, lower case.
 * @throws TypeError when the type is malformed, names no service, or the version is not 1, 2, 3 ...
 */
export function event<Data extends z.ZodType>(type: string, { data, version }: EventTerms<Data>): DomainEvent<Data> {
  const service = serviceOf(type);
  if (!service) throw new TypeError(`event '${type}' is not <service>.<what happened>`);
  if (!Number.isInteger(version) || version < 1) throw new TypeError(`event '${type}' has no version 1, 2, 3 ...`);
  const dataschema = dataschemaOf(type, version);
  return Object.freeze({ type, subject: `events.${type}`, service, version, dataschema, data });
}

/**
 * An event on its way: CloudEvents 1.0, JSON format. `subject` is the id of what it happened to; within one, events come in order.
 * `tenantid`, `requestid` and `traceparent` are extension attributes.
 */
export const EventEnvelope = z.looseObject({
  specversion: z.literal('1.0'),
  /** Of version 7 (RFC 9562), so that it sorts by time. The same event told twice has the same. */
  id,
  source: z.string().min(1),
  type: z.string().min(1),
  subject: z.string().min(1),
  time: z.iso.datetime({ offset: true }),
  datacontenttype: z.literal('application/json'),
  dataschema: z.string().min(1),
  tenantid: id.optional(),
  requestid: z.string().min(1).optional(),
  traceparent: z.string().min(1).optional(),
  data: z.unknown(),
});
export type EventEnvelope = z.output<typeof EventEnvelope>;
