import { createHmac, type KeyObject } from 'node:crypto';
import { derivedKey, KeyedWork, Replayed, ServiceError, type KeyedRequest } from '@tenantry/service-kit';
import type { Outbox } from './outbox.js';
import type { Query, TenantDatabases } from './store.js';

/** Whose key, of which message, and the key itself. */
type Name = readonly [caller: string, subject: string, key: string];

/** Of one request: under the present key, and those before. */
type Hashes = readonly [present: Buffer, ...before: Buffer[]];

interface Row extends Record<string, unknown> {
  readonly isSame: boolean;
  readonly answer: unknown;
}

/**
 * Writes under an idempotency key. Only what was done is kept: a refusal (4xx) has no effect, so that its key may be tried again.
 *
 * What was asked is kept as an HMAC under a key of the master key: a request may hold a password, which whoever reads the database could
 * otherwise try as fast as they can hash.
 *
 * Invariants: the answer is stored in the transaction of the work, so that there are both or neither; of one key one transaction at a time
 * is at work, and who comes meanwhile is told so rather than kept waiting.
 */
export class KeyedWrites extends KeyedWork {
  /** The present one first; what was kept under the one before is still known again. */
  readonly #hashKeys: readonly KeyObject[];

  constructor(
    private readonly tenants: TenantDatabases,
    private readonly outbox: Outbox,
    masterKeys: readonly Buffer[],
  ) {
    super();
    this.#hashKeys = masterKeys.map((masterKey) => derivedKey(masterKey, 'idempotency'));
  }

  override async once({ caller, subject, key, request }: KeyedRequest, work: () => Promise<unknown>): Promise<unknown> {
    const name: Name = [caller, subject, key];
    const hashes = this.#hashesOf(name, request);
    const query: Query = (statement, text, values) => this.tenants.query(statement, text, values);
    const replayed = await replay(query, name, hashes);
    if (replayed) return replayed;
    return this.outbox.transaction(async () => {
      await take(query, name);
      // Who was at work before may have finished since we looked.
      const late = await replay(query, name, hashes);
      if (late) return late;
      const answer = await work();
      await keep(query, name, hashes[0], answer);
      return answer;
    });
  }

  /** With its name, so that the same request under two keys shows no likeness. */
  #hashesOf(name: Name, request: unknown): Hashes {
    const text = JSON.stringify([...name, request]);
    return this.#hashKeys.map((key) => createHmac('sha256', key).update(text).digest()) as unknown as Hashes;
  }
}

async function replay(query: Query, name: Name, hashes: Hashes): Promise<Replayed | undefined> {
  const text = `SELECT request_hash = ANY ($4::bytea[]) AS "isSame", answer FROM idempotency_keys
    WHERE caller = $1 AND subject = $2 AND key = $3 AND created_at > now() - interval '24 hours'`;
  const [row] = await query<Row>('idempotency_find', text, [...name, hashes]);
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
