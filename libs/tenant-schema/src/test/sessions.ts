import { until } from '@tenantry/testing';
import type pg from 'pg';
import type { SqlClient } from '../sql-client.js';
import { sqlStateOf } from '../migration-errors.js';

/** A session, and the number of its process on the server. */
export interface Session {
  readonly client: pg.Client;
  readonly pid: number;
}

const boundMs = 10_000;

/** Opens sessions and ends them all. */
export class Sessions {
  readonly #opened: pg.Client[] = [];

  async open(connecting: Promise<pg.Client>): Promise<Session> {
    const client = await connecting;
    this.#opened.push(client);
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    return { client, pid: rows[0]!.pid };
  }

  async end(): Promise<void> {
    await Promise.all(this.#opened.splice(0).map((client) => client.end()));
  }
}

const isSo = (what: string, { client }: Session, pid: number, condition: string): Promise<number> =>
  until(what, boundMs, async () => {
    const { rows } = await client.query(`SELECT ${condition} AS is_so FROM pg_stat_activity WHERE pid = ${pid}`);
    return (rows[0] as { is_so: boolean | null } | undefined)?.is_so ?? false;
  });

/** Resolves once the session has waited for what another one has, for so long. */
export const untilWaiting = (observer: Session, { pid }: Session, forMs = 0): Promise<number> =>
  isSo(
    'it waits',
    observer,
    pid,
    `wait_event_type = 'Lock' AND clock_timestamp() - query_start > ${forMs} * interval '1 ms'`,
  );

/** Resolves once there is no such session any more. */
export const untilGone = (observer: Session, { pid }: Session): Promise<number> =>
  until('it is gone', boundMs, async () => {
    const { rows } = await observer.client.query(`SELECT 1 FROM pg_stat_activity WHERE pid = ${pid}`);
    return rows.length === 0;
  });

/** Ends a session as an administrator does, and waits until it is gone. */
export const terminate = async (observer: Session, session: Session): Promise<void> => {
  await observer.client.query(`SELECT pg_terminate_backend(${session.pid})`);
  await untilGone(observer, session);
};

/** A client that remembers what the server refused, by its code. */
export function remembering({ client }: Session): { client: SqlClient; refused: unknown[] } {
  const refused: unknown[] = [];
  const query: SqlClient['query'] = (sql) =>
    client.query(sql).catch((error: unknown) => {
      refused.push(sqlStateOf(error));
      throw error;
    });
  return { client: { query }, refused };
}
