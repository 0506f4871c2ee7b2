import type { ServiceName } from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';
import { PassedOver } from './passed-over.js';
import { isRefusal } from './refusal.js';
import { removeRows, takeRows, type OutboxRow } from './rows.js';
import type { OutboxSettings } from './settings.js';
import type { Place, Query, Store } from './store.js';
import type { EventStreams } from './streams.js';

/** What a visit found: nothing left, more than one visit takes, another instance at work, or nothing but what was passed over. */
export type Visit = 'empty' | 'more' | 'locked' | { readonly stuckForMs: number };

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

/** Of the events of a visit not all could be told; these were. */
class PartlyTold extends Error {
  constructor(
    readonly rows: readonly OutboxRow[],
    readonly told: readonly OutboxRow[],
    readonly failures: readonly unknown[],
  ) {
    super('some events were not told');
  }

  /** It is these events, and not the broker: others may be told. */
  get isTheirs(): boolean {
    return this.told.length > 0 || this.failures.some(isRefusal);
  }
}

/** Some events cannot be told, and are passed over; the cause says why the first of them cannot. */
export class EventsStuck extends Error {
  constructor(cause: unknown) {
    super(`some events cannot be told: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/**
 * Tells what waits of one service in one outbox.
 *
 * Invariants: an event leaves the outbox only when JetStream has stored it; of one aggregate no event is sent before the one that
 * happened before it is stored; one instance of a service at a time is at an outbox; what cannot be told keeps nothing of other
 * aggregates waiting.
 */
export class Teller {
  constructor(
    private readonly store: Store,
    private readonly streams: EventStreams,
    private readonly settings: OutboxSettings,
    private readonly passedOver: PassedOver = new PassedOver(settings),
  ) {}

  /** @throws EventsStuck when some events cannot be told, and others may be; any other error when none can at the moment. */
  async visit(place: Place): Promise<Visit> {
    // Before anything is asked of the database: a broker that is away must not keep its connections waiting.
    if (!this.streams.isConnected) throw new ServiceError('service-unavailable', 'The message broker is away.');
    const { batch } = this.settings;
    const { passedOver } = this;
    const someWere = passedOver.dueInMs(place) !== undefined;
    const after = passedOver.begin(place);
    try {
      const rows = await this.#within(place, async (query) => {
        const taken = await takeRows(query, this.streams.service, batch, after);
        if (taken) await this.#tell(taken, place);
        return taken;
      });
      if (!rows) return 'locked';
      passedOver.told(place, rows);
      const stuckForMs = passedOver.dueInMs(place);
      // Only a visit from the very beginning sees that nothing is left.
      if (rows.length === batch || (someWere && stuckForMs === undefined)) return 'more';
      return stuckForMs === undefined ? 'empty' : { stuckForMs };
    } catch (error) {
      if (!(error instanceof PartlyTold)) throw error;
      const positions = error.told.map(({ position }) => position);
      // All are back, but only what was not told may be met again, and be told again after JetStream forgot its id.
      if (positions.length > 0) await this.#within(place, (query) => removeRows(query, positions));
      passedOver.stuck(place, error.rows);
      throw error.isTheirs ? new EventsStuck(error.failures[0]) : error.failures[0];
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
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }): unknown => reason);
    if (failures.length > 0) throw new PartlyTold(rows, told, failures);
  }

  async #publish(row: OutboxRow, place: Place): Promise<void> {
    const tenantId = row.tenantId ?? this.store.tenantOf(place);
    const envelope = envelopeOf(row, this.streams.service, tenantId);
    await this.streams.publish(`events.${row.type}`, envelope, { id: row.id, ackMs: this.settings.ackMs, headers });
  }
}
