import { prefixOf, type ServiceName } from '@tenantry/contracts';
import type { Query } from './store.js';

/** An event as it waits. */
export interface OutboxRow {
  readonly position: string;
  readonly id: string;
  readonly type: string;
  readonly dataschema: string;
  readonly aggregate: string;
  readonly data: unknown;
  readonly time: Date;
  readonly requestId: string | null;
  readonly traceparent: string | null;
  readonly tenantId: string | null;
}

export type NewRow = Omit<OutboxRow, 'position' | 'id' | 'time'>;

const columns = 7;

/** In one statement, which numbers them in this order. */
export async function insertRows(query: Query, rows: readonly NewRow[]): Promise<void> {
  const parameters = rows.map((_, row) => Array.from({ length: columns }, (_, at) => `$${row * columns + at + 1}`));
  await query(
    `outbox_insert_${rows.length}`,
    `INSERT INTO outbox (type, dataschema, aggregate, data, request_id, traceparent, tenant_id)
     VALUES ${parameters.map((each) => `(${each.join(', ')})`).join(', ')}`,
    rows.flatMap(({ type, dataschema, aggregate, data, requestId, traceparent, tenantId }) => [
      ...[type, dataschema, aggregate, JSON.stringify(data), requestId, traceparent, tenantId],
    ]),
  );
}

/** "tenantry" in ASCII, its last four letters, beside which stands the service: nothing else in these databases locks by two numbers. */
const relayLock = 0x6e747279;

/** How a row's type begins, spelled as the index `outbox_service` has it. */
const prefix = (row: string): string => `(split_part(${row}.type, '.', 1) || '.')`;

/**
 * Takes a service's oldest events out of the outbox, until the transaction ends, in the order in which they happened. Only one
 * transaction of a service at a time may: null while another does. Services share a tenant's outbox, but none may tell another's events.
 *
 * The snapshot may be older than the lock; rows that another instance has told and removed in between are skipped by FOR UPDATE.
 *
 * @param after takes what stands behind this position, without the aggregates that have something left up to there.
 */
export async function takeRows(
  query: Query,
  service: ServiceName,
  limit: number,
  after: bigint,
): Promise<OutboxRow[] | null> {
  const rows = await query<{ [Field in keyof OutboxRow]: OutboxRow[Field] } & { mine: boolean }>(
    'outbox_take',
    `WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1, hashtext($2)) AS mine),
     taken AS (
       DELETE FROM outbox WHERE position = ANY(ARRAY(
         SELECT position FROM outbox WHERE (SELECT mine FROM turn) AND ${prefix('outbox')} = $2 AND position > $4
           AND aggregate <> ALL(ARRAY(
             SELECT aggregate FROM outbox AS earlier WHERE ${prefix('earlier')} = $2 AND earlier.position <= $4))
         ORDER BY position LIMIT $3 FOR UPDATE))
       RETURNING position, id, type, dataschema, aggregate, data, time, request_id AS "requestId", traceparent,
         tenant_id AS "tenantId")
     SELECT turn.mine, taken.* FROM turn LEFT JOIN taken ON true ORDER BY taken.position`,
    [relayLock, prefixOf(service), limit, String(after)],
  );
  if (!rows[0]?.mine) return null;
  // One row without an event says whose turn it is.
  return rows.filter(({ position }) => (position as string | null) !== null);
}

/** Removes events that are told. */
export async function removeRows(query: Query, positions: readonly string[]): Promise<void> {
  await query('outbox_remove', 'DELETE FROM outbox WHERE position = ANY($1::bigint[])', [positions]);
}

/**
 * Remembers that the work of an event is done, if the transaction is committed; false when it has been done before. What is older
 * than anything JetStream can still deliver is forgotten.
 */
export async function rememberHeard(
  query: Query,
  service: string,
  eventId: string,
  oldestMs: number,
): Promise<boolean> {
  const rows = await query(
    'outbox_heard',
    `WITH forgotten AS (DELETE FROM heard_events WHERE service = $1 AND event_id < $3)
     INSERT INTO heard_events (service, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING event_id`,
    [service, eventId, firstIdOf(oldestMs)],
  );
  return rows.length > 0;
}

/** The smallest id of version 7 made at that time, in milliseconds since the epoch (RFC 9562, 5.7). */
function firstIdOf(ms: number): string {
  const time = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}
