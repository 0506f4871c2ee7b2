import { jetstream } from '@nats-io/jetstream';
import { eventStream, type DomainEvent, type EventEnvelope } from '@tenantry/contracts';
import type { Nats } from '@tenantry/service-kit';

/** The first event of its kind about `id`. */
export async function told(admin: Nats, event: DomainEvent, id: string): Promise<EventEnvelope> {
  const consumer = await jetstream(admin.connection).consumers.get(eventStream, { filter_subjects: [event.subject] });
  for await (const message of await consumer.consume()) {
    const envelope = message.json<EventEnvelope>();
    if (envelope.subject === id) return envelope;
  }
  throw new Error('the events ended');
}
