import type { Socket } from 'node:net';
import { isOutage } from '@tenantry/service-kit';
import type { Client, QueryConfig, QueryResult, QueryResultRow } from 'pg';
import { TenantDatabaseUnavailable } from './errors.js';
import { readTypes } from './timestamps.js';
import { sqlSpan } from './sql-span.js';
import { discardText, leavesTrace } from './traces.js';

type Answer = QueryResult<QueryResultRow>;

/** The server ends a session that does not answer our goodbye within this time; so do we. */
const goodbyeMs = 2000;

/** A prepared statement that the server has forgotten, or whose table has changed under it: another connection has a newer one. */
const stalePlans = new Set(['0A000', '26000']);

/**
 * One PostgreSQL session of one tenant.
 *
 * Invariant: `clean` resolves to true only when the next user finds it as if new: no query under way, no transaction, no setting,
 * lock, listener or temporary table of the last one.
 */
export class Session {
  private pending = 0;
  /** An error was reported whose end (ReadyForQuery) has not come yet. */
  private unsettled = false;
  private traced = false;
  /** Not to be used again, whatever state it seems to be in. */
  private spent = false;
  /** On its way back: a second release finds it so. */
  returning = false;
  /** The lease whose work has it. */
  holder: object | undefined;
  private ended = false;
  private askedAt = 0;

  constructor(
    private readonly client: Client,
    private readonly socket: Socket,
  ) {
    client.once('end', () => (this.ended = true));
  }

  query(text: string | object, values?: unknown[]): Promise<Answer> {
    if (typeof text !== 'string') return this.submit(text);
    if (leavesTrace(text)) this.traced = true;
    const run = (): Promise<Answer> =>
      new Promise((resolve, reject) => {
        this.asked();
        this.client.query(text, values as unknown[], (failure: Error | null, answer: Answer) => {
          this.pending--;
          if (failure) reject(this.failed(failure));
          else resolve(answer);
        });
      });
    return sqlSpan(text, undefined, this.client.database, run);
  }

  /** Prepared once per session under its name. */
  async prepared<Row extends QueryResultRow>(name: string, text: string, values: unknown[]): Promise<Row[]> {
    const run = (): Promise<QueryResult<Row>> =>
      new Promise((resolve, reject) => {
        this.asked();
        if (leavesTrace(text)) this.traced = true;
        this.client.query(
          { name, text, values, types: readTypes } as QueryConfig,
          (failure: Error | null, result: QueryResult<Row>) => {
            this.pending--;
            if (failure) reject(this.failed(failure));
            else resolve(result);
          },
        );
      });
    return (await sqlSpan(text, name, this.client.database, run)).rows;
  }

  /** Its end is noticed by the next query. TypeORM, told of it, would say of that query only that it no longer has a connection. */
  on(): this {
    return this;
  }

  removeListener(): this {
    return this;
  }

  /** Clean without doing anything for it: true for nearly every return. */
  get isClean(): boolean {
    return (
      this.pending === 0 && !this.unsettled && !this.traced && !this.spent && this.client.getTransactionStatus() === 'I'
    );
  }

  /** Cuts the line if the server has said nothing for so long: a network that swallows packets reports no error. */
  endSilence(now: number, limitMs: number): void {
    if (this.pending > 0 && now - this.askedAt > limitMs)
      this.socket.destroy(new Error(`no answer within ${limitMs} ms`));
  }

  /** Makes it clean; false where it must be closed: half a query, an open transaction, a refusal to be reset. */
  async clean(): Promise<boolean> {
    if (this.pending > 0) this.spent = true;
    if (this.pending > 0 || this.unsettled) await this.settled();
    if (this.spent || this.ended || this.client.getTransactionStatus() !== 'I') return false;
    if (!this.traced) return true;
    try {
      this.traced = false;
      await this.client.query(discardText);
      return this.client.getTransactionStatus() === 'I';
    } catch {
      return false;
    }
  }

  /** Says goodbye, and resolves when the server has hung up: it does so after it has given the place free. */
  async close(): Promise<void> {
    const giveUp = setTimeout(() => this.socket.destroy(), goodbyeMs);
    try {
      await this.client.end();
    } catch {
      this.socket.destroy();
    } finally {
      clearTimeout(giveUp);
    }
  }

  /** A query object of somebody else's making (a stream, a cursor): nobody can tell when it is done with the session. */
  private submit(query: object): Promise<Answer> {
    this.spent = true;
    return this.client.query(query as never);
  }

  private asked(): void {
    this.pending++;
    this.askedAt = performance.now();
  }

  private failed(failure: Error & { code?: string }): Error {
    if (failure.code !== undefined && stalePlans.has(failure.code)) this.spent = true;
    this.unsettled = true;
    this.client.once('drain', () => (this.unsettled = false));
    return isOutage(failure) ? new TenantDatabaseUnavailable(failure) : failure;
  }

  /** Resolves when the server has answered all that was sent, or has gone. */
  private settled(): Promise<void> {
    if (this.ended) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.client.removeListener('drain', done);
        this.client.removeListener('end', done);
        resolve();
      };
      this.client.on('drain', done);
      this.client.on('end', done);
    });
  }
}
