import { createHash } from 'node:crypto';
import { KeyedWork, Replayed, ServiceError, type KeyedRequest } from '@tenantry/service-kit';
import type { Outbox } from './outbox.js';
import type { Query, TenantDatabases } from './store.js';

/** Whose key, of which message, and the key itself. */
type Name = readonly [caller: string, subject: string, key: string];

interface Row extends Record<string, unknown> {
  readonly isSame: boolean;
  readonly answer: unknown;
}

/**
 * Writes under an idempotency key. Only what was done is kept: a refusal (4xx) has no effect, so that its key may be tried again.
 *
 * Invariants: the answer is stored in the transaction of the work, so that there are both or neither; of one key one transaction at a time
 * is at work, and who comes meanwhile is told so rather than kept waiting.
 */
export class KeyedWrites extends KeyedWork {
  constructor(
    private readonly tenants: TenantDatabases,
    private readonly outbox: Outbox,
  ) {
    super();
  }

  override async once({ caller, subject, key, request }: KeyedRequest, work: () => Promise<unknown>): Promise<unknown> {
    const name: Name = [caller, subject, key];
    const hash = createHash('sha256').update(JSON.stringify(request)).digest();
    const query: Query = (statement, text, values) => this.tenants.query(statement, text, values);
    const replayed = await replay(query, name, hash);
    if (replayed) return replayed;
    return this.outbox.transaction(async () => {
      await take(query, name);
      // Who was at work before may have finished since we looked.
      const late = await replay(query, name, hash);
      if (late) return late;
      const answer = await work();
      await keep(query, name, hash, answer);
      return answer;
    });
  }
}

async function replay(query: Query, name: Name, hash: Buffer): Promise<Replayed | undefined> {
  const text = `SELECT request_hash = $4 AS "isSame", answer FROM idempotency_keys
    WHERE caller = $1 AND subject = $2 AND key = $3 AND created_at > now() - interval '24 hours'`;
  const [row] = await query<Row>('idempotency_find', text, [...name, hash]);
  if (!row) return undefined;
  if (!row.isSame) throw new ServiceError('idempotency-key-reused', 'This key was used for another request.');
  return new Replayed(row.answer);
}

/** Takes the turn of this key, until the transaction ends. */
async function take(query: Query, name: Name): Promise<void> {
  const text = 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS mine';
  const [turn] = await query<{ mine: boolean }>('idempotency_take', text, [JSON.stringify(name)]);
  if (!turn?.mine) throw new ServiceError('idempotency-in-progress', 'A request with this key is being worked on.');
}

/** Nobody visits databases to clean up: each key takes along a few of those whose time is over. */
async function keep(query: Query, name: Name, hash: Buffer, answer: unknown): Promise<void> {
  const text = `WITH forgotten AS (
      DELETE FROM idempotency_keys WHERE ctid IN (
        SELECT ctid FROM idempotency_keys WHERE created_at < now() - interval '24 hours'
          AND (caller, subject, key) <> ($1, $2, $3) LIMIT 10 FOR UPDATE SKIP LOCKED))
    INSERT INTO idempotency_keys (caller, subject, key, request_hash, answer) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (caller, subject, key) DO UPDATE
      SET request_hash = excluded.request_hash, answer = excluded.answer, created_at = now()`;
  await query('idempotency_keep', text, [...name, hash, JSON.stringify(answer)]);
}
