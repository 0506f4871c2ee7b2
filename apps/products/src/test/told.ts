import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream, type Consumer } from '@nats-io/jetstream';
import { eventStream, type DomainEvent, type EventEnvelope } from '@tenantry/contracts';
import type { Nats } from '@tenantry/service-kit';

/** The stream is made by whoever tells the first event of all. */
async function openStream(admin: Nats, event: DomainEvent): Promise<Consumer> {
  for (;;) {
    try {
      return await jetstream(admin.connection).consumers.get(eventStream, { filter_subjects: [event.subject] });
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'StreamNotFoundError') throw error;
      await sleep(50);
    }
  }
}

/** The first event of its kind about `id`. */
export async function told(admin: Nats, event: DomainEvent, id: string): Promise<EventEnvelope> {
  const consumer = await openStream(admin, event);
  for await (const message of await consumer.consume()) {
    const envelope = message.json<EventEnvelope>();
    if (envelope.subject === id) return envelope;
  }
  throw new Error('the events ended');
}
