import { randomUUID } from 'node:crypto';
import type { DomainEvent } from '@tenantry/contracts';
import { spanAround, withRequest, type RequestContext } from '@tenantry/service-kit';
import type { EntityManager } from 'typeorm';
import type { Hearer } from './event-consumer.js';
import { Refused, type Heard } from './heard.js';
import type { Outbox } from './outbox.js';
import { rememberHeard } from './rows.js';
import { central, type Store } from './store.js';
import { eventLifetimeMs } from './stream-maker.js';

/** Ids are forgotten a day after JetStream has forgotten their events. */
const rememberedMs = eventLifetimeMs + 86_400_000;

/** Works on an event as part of the request that caused it, for the service it happened in. */
function contextOf(heard: Heard, event: DomainEvent, deadlineAt: number): RequestContext {
  const { tenantId, requestId = randomUUID(), traceparent } = heard;
  const caller = { subject: `system:${event.service}`, userId: null, tenantId, session: null, permissions: [] };
  return { requestId, traceparent, caller, deadlineAt };
}

/**
 * Where a handler's work is done: in the request's context and, in one transaction with the memory of the event's id, in the database of
 * its tenant, or in the central one.
 *
 * Invariant: what a handler writes in that transaction, events included, is committed once for an event, however often it comes.
 */
export class Inbox {
  constructor(
    private readonly store: Store,
    private readonly outbox: Outbox,
    private readonly service: string,
  ) {}

  hearer(event: DomainEvent, handle: (heard: Heard, manager: EntityManager) => Promise<void> | void): Hearer {
    return (heard, { deadlineAt }) => {
      const context = contextOf(heard, event, deadlineAt);
      const place = this.store.isCentral ? central : heard.tenantId;
      if (place === null) throw new Refused(`it names no tenant, and ${this.service} has no other database`);
      const once = (): Promise<void> =>
        this.outbox.transaction(async (manager) => {
          const oldestMs = Date.now() - rememberedMs;
          const isNew = await rememberHeard(this.outbox.query, this.service, heard.id, oldestMs);
          if (isNew) await handle(heard, manager);
        });
      return spanAround(event.subject, 'consumer', context, (traceparent) =>
        withRequest({ ...context, traceparent }, () => this.store.within(place, once, deadlineAt)),
      );
    };
  }
}
