import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, LOG, ServiceError, type Log } from '@tenantry/service-kit';
import pg from 'pg';
import type { AuthConfig } from './config.js';

const maxConnections = 4;
/** Each well within the five seconds that a request has. */
const connectTimeoutMs = 2000;
const statementTimeoutMs = 2000;
const idleCloseMs = 60_000;

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

  /** @throws ServiceError `service-unavailable` */
  async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    try {
      return (await this.#pool.query<Row>(text, values)).rows;
    } catch (cause) {
      throw new ServiceError('service-unavailable', 'Sessions cannot be written or read at the moment.', { cause });
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#pool.end();
  }
}
