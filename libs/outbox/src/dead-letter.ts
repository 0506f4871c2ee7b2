import type { JsMsg } from '@nats-io/jetstream';
import { deadLetterSubject } from '@tenantry/contracts';
import type { Log } from '@tenantry/service-kit';
import type { EventStreams } from './streams.js';
import { eventSubjectOf } from './waiting-events.js';

const maxReasonLength = 300;
const ackMs = 2000;
const againMs = 5000;

/** Why, in one line that a header can hold. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, maxReasonLength);
}

/**
 * Lays an event aside at `events.dead.<service>`, as it came, with the reason in headers; then JetStream gives it to nobody again. While
 * that fails it is tried again, without end.
 */
export async function deadLetter(streams: EventStreams, message: JsMsg, error: unknown, log: Log): Promise<void> {
  const { service } = streams;
  const { streamSequence, deliveryCount } = message.info;
  const reason = reasonOf(error);
  try {
    await streams.publish(deadLetterSubject(service), message.data, {
      // Of this service and event, however often it is laid aside.
      id: `${service}:${streamSequence}`,
      ackMs,
      headers: {
        Reason: reason,
        Subject: eventSubjectOf(message, service),
        Sequence: String(streamSequence),
        Tries: String(deliveryCount),
      },
    });
    message.term(reason);
    log.error({ subject: message.subject, streamSequence, reason }, 'an event was laid aside');
  } catch (err) {
    log.warn({ err, subject: message.subject }, 'an event could not be laid aside; trying again');
    message.nak(againMs);
  }
}
