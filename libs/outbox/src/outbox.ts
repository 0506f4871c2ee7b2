import { AsyncLocalStorage } from 'node:async_hooks';
import type { DomainEvent, EventDataOf, ServiceName } from '@tenantry/contracts';
import { currentRequest } from '@tenantry/service-kit';
import type { EntityManager } from 'typeorm';
import { insertRows, type NewRow } from './rows.js';
import type { Place, Query, Store } from './store.js';

/** What happened, and to what. */
export interface Happening<E extends DomainEvent> {
  /** The id of what it happened to. Within one aggregate, events are told in the order in which they happened. */
  readonly aggregate: string;
  readonly data: EventDataOf<E>;
  /** In a central database: the tenant it tells of. In a tenant's own it is that tenant. */
  readonly tenantId?: string;
}

/** Who is told before and after a transaction with events. */
export interface Promises {
  begin(place: Place): void;
  /** Resolves when it may be committed. */
  raise(place: Place): Promise<void>;
  /** It has ended, committed or not; `said` when it held events. */
  end(place: Place, said: boolean): void;
}

/** An open transaction. */
interface Writing {
  readonly place: Place;
  readonly manager: EntityManager;
  readonly query: Query;
  readonly rows: NewRow[];
  /** A part of it has failed, so that the rest must not be committed. */
  failed: boolean;
}

/** Events larger than this would not fit into a message with their envelope. */
const maxDataBytes = 500_000;

/**
 * Where a service says what has happened, in the transaction in which it happens: told if, and only if, that is committed.
 *
 * Invariant: an event is written only while the promises of its place are kept, from its `begin` to the `end` after the commit.
 */
export class Outbox {
  readonly #writing = new AsyncLocalStorage<Writing>();

  constructor(
    private readonly service: ServiceName,
    private readonly store: Store,
    private readonly promises: Promises,
  ) {}

  /**
   * All of the work and its events, or none of either. Must be the outermost transaction, for its end is when events become true; inside
   * another of its own it is part of that one. Stock repositories take part where they do in the store's own transactions; in a central
   * database use `manager`.
   *
   * @throws ServiceError `service-unavailable`, nothing being done, when what happened could not be told.
   */
  async transaction<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    const outer = this.#writing.getStore();
    if (outer) return join(outer, work);
    const place = this.store.here();
    const rows: NewRow[] = [];
    this.promises.begin(place);
    try {
      return await this.store.transaction(async (manager, query) => {
        const writing: Writing = { place, manager, query, rows, failed: false };
        const result = await this.#writing.run(writing, () => work(manager));
        if (writing.failed) throw new Error('a part of this transaction has failed, so it cannot be committed');
        if (rows.length > 0) await this.#write(writing);
        return result;
      });
    } finally {
      // Also after a failure: a commit whose answer was lost may have been done.
      this.promises.end(place, rows.length > 0);
    }
  }

  /**
   * Something has happened; written at the end of the transaction it is called in.
   * @throws TypeError outside of {@link transaction}, or when it is another service's to tell; ZodError when the data is not the contract's.
   */
  add<E extends DomainEvent>(event: E, { aggregate, data, tenantId }: Happening<E>): void {
    const writing = this.#writing.getStore();
    if (!writing) throw new TypeError(`${event.type} was told outside of a transaction of the outbox`);
    if (event.service !== this.service) throw new TypeError(`${event.type} is not an event of ${this.service}`);
    const checked = event.data.parse(data);
    if (Buffer.byteLength(JSON.stringify(checked)) > maxDataBytes)
      throw new TypeError(`${event.type} is too large to tell`);
    // Asked for early, so that it is there when the work is done; whether it is, the end of the transaction asks.
    if (writing.rows.length === 0) this.promises.raise(writing.place).catch(() => undefined);
    const request = currentRequest();
    writing.rows.push({
      type: event.type,
      dataschema: event.dataschema,
      aggregate,
      data: checked,
      requestId: request?.requestId ?? null,
      traceparent: request?.traceparent ?? null,
      tenantId: tenantId ?? null,
    });
  }

  /** The open transaction's statement, for what must be committed with it. */
  get query(): Query {
    const writing = this.#writing.getStore();
    if (!writing) throw new TypeError('a statement outside of a transaction of the outbox');
    return writing.query;
  }

  async #write({ place, query, rows }: Writing): Promise<void> {
    await insertRows(query, rows);
    await this.promises.raise(place);
  }
}

async function join<Result>(outer: Writing, work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
  try {
    return await work(outer.manager);
  } catch (error) {
    outer.failed = true;
    throw error;
  }
}
