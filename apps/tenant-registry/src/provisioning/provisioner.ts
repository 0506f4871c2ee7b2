import type { Log } from '@tenantry/service-kit';
import { prepareCluster, type SqlClient } from '@tenantry/tenant-schema';
import pg from 'pg';

/** Statements on one cluster at once; each holds a connection of the provisioner's. */
const maxConnections = 8;
const connectTimeoutMs = 3000;
const lockTimeoutMs = 10_000;

/** The account that makes roles and databases on one cluster, and reads no tenant's rows. */
export class Provisioner {
  private readonly pool: pg.Pool;
  private prepared: Promise<void> | undefined;

  constructor(
    private readonly url: string,
    log: Log,
  ) {
    this.pool = new pg.Pool({
      connectionString: url,
      max: maxConnections,
      connectionTimeoutMillis: connectTimeoutMs,
      application_name: 'tenant-registry/provisioner',
      // Of locks that another process holds: rather tried again than waited for with a connection in hand.
      lock_timeout: lockTimeoutMs,
    });
    this.pool.on('error', (err) => log.warn({ err }, 'an idle provisioner connection was lost'));
  }

  /** Statements outside any session state. */
  get admin(): SqlClient {
    return this.pool;
  }

  /** Makes sure, once per process, that group roles and the template of the current schema version are there. */
  prepare(): Promise<void> {
    this.prepared ??= this.prepareOnce().catch((error: unknown) => {
      this.prepared = undefined;
      throw error;
    });
    return this.prepared;
  }

  /** How many sessions the server holds at most, those of administrators included. */
  async readMaxConnections(): Promise<number> {
    const text = "SELECT current_setting('max_connections')::int AS most";
    const { rows } = await this.pool.query<{ most: number }>(text);
    return rows[0]!.most;
  }

  /** Works in one session, alone among all processes that work under this name. */
  async alone<Result>(name: string, work: (session: SqlClient) => Promise<Result>): Promise<Result> {
    const session = await this.pool.connect();
    try {
      await session.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [name]);
      const result = await work(session);
      await session.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [name]);
      session.release();
      return result;
    } catch (error) {
      // Its end lets go of the lock, whatever state it was left in.
      session.release(true);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  private async prepareOnce(): Promise<void> {
    // One connection from beginning to end: the lock taken belongs to its session.
    const admin = await this.pool.connect();
    try {
      await prepareCluster({ admin, connect: (database) => this.connect(database) });
    } finally {
      admin.release();
    }
  }

  private async connect(database: string): Promise<pg.Client> {
    const url = new URL(this.url);
    url.pathname = `/${database}`;
    const client = new pg.Client({ connectionString: url.href, connectionTimeoutMillis: connectTimeoutMs });
    await client.connect();
    return client;
  }
}
