import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, LOG, ServiceError, type Log } from '@tenantry/service-kit';
import pg from 'pg';
import type { AuthConfig } from './config.js';

const maxConnections = 4;
/** Each well within the five seconds that a request has. */
const connectTimeoutMs = 2000;
const statementTimeoutMs = 2000;
const idleCloseMs = 60_000;

/** A statement, in a transaction or by itself. @throws ServiceError `service-unavailable` */
export type Query = <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<Row[]>;

/** Auth's own central database, which may be away: then what needs it says so at once, and the rest goes on. */
@Injectable()
export class CentralDatabase implements OnApplicationShutdown {
  readonly #pool: pg.Pool;

  constructor(@Inject(CONFIG) { AUTH_DATABASE_URL }: Pick<AuthConfig, 'AUTH_DATABASE_URL'>, @Inject(LOG) log: Log) {
    this.#pool = new pg.Pool({
      connectionString: AUTH_DATABASE_URL,
      application_name: 'auth',
      max: maxConnections,
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: statementTimeoutMs,
      statement_timeout: statementTimeoutMs,
      idleTimeoutMillis: idleCloseMs,
    });
    this.#pool.on('error', (err) => log.warn({ err }, 'a connection to the central database was lost'));
  }

  readonly query: Query = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
    (await reach(this.#pool.query<Row>(text, values))).rows;

  /** All of the work or none of it. */
  async transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    const client = await reach(this.#pool.connect());
    const query: Query = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
      (await reach(client.query<Row>(text, values))).rows;
    let failure: Error | undefined;
    try {
      await query('BEGIN');
      const result = await work(query);
      await query('COMMIT');
      return result;
    } catch (error) {
      failure = error instanceof Error ? error : new Error('the transaction has failed', { cause: error });
      throw error;
    } finally {
      // A connection that has failed is closed, which rolls back.
      client.release(failure);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#pool.end();
  }
}

async function reach<Result>(asking: Promise<Result>): Promise<Result> {
  try {
    return await asking;
  } catch (cause) {
    throw new ServiceError('service-unavailable', 'Sessions cannot be written or read at the moment.', { cause });
  }
}
