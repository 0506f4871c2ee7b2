import type { ServiceName } from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';
import { removeRows, takeRows, type OutboxRow } from './rows.js';
import type { OutboxSettings } from './settings.js';
import type { Place, Query, Store } from './store.js';
import type { EventStreams } from './streams.js';

/** What a visit found: nothing left, more than one visit takes, or another instance at work. */
export type Visit = 'empty' | 'more' | 'locked';

/** A visit ends within this: the longest wait for acknowledgements fits in, and the connection is given back. */
const visitMs = 10_000;

const headers = { 'Content-Type': 'application/cloudevents+json' };

/** An event as it travels (CloudEvents 1.0, JSON format). */
function envelopeOf(row: OutboxRow, service: ServiceName, tenantId: string | undefined): string {
  const { id, type, dataschema, aggregate, data, time, requestId, traceparent } = row;
  return JSON.stringify({
    specversion: '1.0',
    id,
    source: `/${service}`,
    type,
    subject: aggregate,
    time,
    datacontenttype: 'application/json',
    dataschema,
    tenantid: tenantId,
    requestid: requestId ?? undefined,
    traceparent: traceparent ?? undefined,
    data,
  });
}

/** Some could not be told, with the cause; these were. */
class PartlyTold extends Error {
  constructor(
    readonly told: readonly OutboxRow[],
    cause: unknown,
  ) {
    super('some events were not told', { cause });
  }
}

/**
 * Tells what waits of one service in one outbox.
 *
 * Invariants: an event leaves the outbox only when JetStream has stored it; of one aggregate no event is sent before the one that
 * happened before it is stored; one instance of a service at a time is at an outbox.
 */
export class Teller {
  constructor(
    private readonly store: Store,
    private readonly streams: EventStreams,
    private readonly settings: OutboxSettings,
  ) {}

  async visit(place: Place): Promise<Visit> {
    // Before anything is asked of the database: a broker that is away must not keep its connections waiting.
    if (!this.streams.isConnected) throw new ServiceError('service-unavailable', 'The message broker is away.');
    await this.streams.events();
    const { batch } = this.settings;
    try {
      return await this.#within(place, async (query): Promise<Visit> => {
        const rows = await takeRows(query, this.streams.service, batch);
        if (!rows) return 'locked';
        await this.#tell(rows, place);
        return rows.length < batch ? 'empty' : 'more';
      });
    } catch (error) {
      if (!(error instanceof PartlyTold)) throw error;
      const positions = error.told.map(({ position }) => position);
      // All are back, but only what was not told may hold a place in the next batch, and be told again after JetStream forgot its id.
      if (positions.length > 0) await this.#within(place, (query) => removeRows(query, positions));
      throw error.cause;
    }
  }

  #within<Result>(place: Place, work: (query: Query) => Promise<Result>): Promise<Result> {
    const transaction = () => this.store.transaction((_manager, query) => work(query));
    return this.store.within(place, transaction, performance.now() + visitMs);
  }

  async #tell(rows: readonly OutboxRow[], place: Place): Promise<void> {
    const aggregates = Map.groupBy(rows, ({ aggregate }) => aggregate);
    const told: OutboxRow[] = [];
    const outcomes = await Promise.allSettled(
      [...aggregates.values()].map(async (ofOne) => {
        for (const row of ofOne) {
          await this.#publish(row, place);
          told.push(row);
        }
      }),
    );
    // All have ended: nothing is sent any more when the next visit, perhaps another instance's, begins.
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw new PartlyTold(told, failed.reason);
  }

  async #publish(row: OutboxRow, place: Place): Promise<void> {
    const tenantId = row.tenantId ?? this.store.tenantOf(place);
    const envelope = envelopeOf(row, this.streams.service, tenantId);
    await this.streams.publish(`events.${row.type}`, envelope, { id: row.id, ackMs: this.settings.ackMs, headers });
  }
}
