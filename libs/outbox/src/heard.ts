import { EventEnvelope, type DomainEvent, type HeardDataOf } from '@tenantry/contracts';

/** An event as its handler gets it. */
export interface Heard<E extends DomainEvent = DomainEvent> {
  /** The same each time this event comes. */
  readonly id: string;
  readonly type: string;
  /** What it happened to. */
  readonly aggregate: string;
  readonly tenantId: string | null;
  /** When it happened (RFC 3339). */
  readonly time: string;
  readonly data: HeardDataOf<E>;
  readonly requestId: string | undefined;
  readonly traceparent: string | undefined;
}

/** An event that no further try can cure. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

interface Message {
  readonly subject: string;
  json<Shape>(): Shape;
}

/**
 * Reads a message as the event it must be.
 * @throws Refused when it is no envelope, of another type than its subject's, of a version that is not known here, or has other data.
 */
export function readHeard<E extends DomainEvent>(event: E, message: Message): Heard<E> {
  const envelope = EventEnvelope.safeParse(parse(message));
  if (!envelope.success) throw new Refused('not a CloudEvent of ours', { cause: envelope.error });
  const { id, type, subject, time, dataschema, tenantid, requestid, traceparent } = envelope.data;
  // Who may publish a subject is the server's to say; what the body claims is not.
  if (type !== event.type) throw new Refused(`its subject is ${message.subject}, its type ${type}`);
  if (dataschema !== event.dataschema) throw new Refused(`unknown version: ${dataschema}`);
  const data = event.data.safeParse(envelope.data.data);
  if (!data.success) throw new Refused(`its data is not that of ${dataschema}`, { cause: data.error });
  return {
    id,
    type,
    aggregate: subject,
    tenantId: tenantid ?? null,
    time,
    data: data.data as HeardDataOf<E>,
    requestId: requestid,
    traceparent,
  };
}

function parse(message: Message): unknown {
  try {
    return message.json();
  } catch (cause) {
    throw new Refused('not JSON', { cause });
  }
}
