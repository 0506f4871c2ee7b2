import type { Log } from '@tenantry/service-kit';
import type { ScramKeys } from '@tenantry/tenant-connection';
import { type Cluster, prepareCluster, type SqlClient } from '@tenantry/tenant-schema';
import pg from 'pg';
import { EndingClient } from '../ending-client.js';

/** Statements on one cluster at once; each holds a connection of the provisioner's. */
const maxConnections = 8;
const connectTimeoutMs = 3000;
const lockTimeoutMs = 10_000;
/**
 * Of one statement: far longer than the slowest takes (the first database that is dropped has PostgreSQL write down all that were made).
 * A cluster that swallows packets says nothing, and a step that waits for it can neither be tried again nor undone.
 */
const queryTimeoutMs = 60_000;
/** A session may be idle for so many times as long: while a template is built, the one that holds the lock waits. */
const idleTimes = 5;
/** How long a connection is quiet before it is asked whether its other end is there. */
const keepAliveMs = 10_000;
/**
 * Of who migrates a tenant's database. Who stands still, or is gone without a word, loses its turn there before whoever took over has waited
 * for it: that is 10 s, begun 4 s later at the earliest. Nothing is found by way of a path that somebody set for a role or a database.
 */
const whileMigrating = {
  search_path: 'public',
  lock_timeout: lockTimeoutMs,
  idle_session_timeout: 10_000,
  client_connection_check_interval: 1000,
  tcp_keepalives_idle: 5,
  tcp_keepalives_interval: 2,
  tcp_keepalives_count: 2,
};
/** Several statements are sent at once; each has its own limit, which the server keeps, and says so. */
const statementsAtOnce = 2;

const asOptions = (settings: Readonly<Record<string, string | number>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
/** PostgreSQL's codes for a template, and a group role, that are not there (3D000, 42704). */
const unprepared: ReadonlySet<unknown> = new Set(['3D000', '42704']);

const sizes = 'SELECT datname AS name, pg_database_size(oid) AS bytes FROM pg_database WHERE datname = ANY ($1)';
const tenantDatabases = "SELECT datname AS name FROM pg_database WHERE datname ~ '^t_[0-9a-f]{32}$'";

/**
 * The account that makes roles and databases on one cluster, and reads no tenant's rows.
 *
 * Invariant: no statement is waited for longer than its limit, and a connection that has failed is not used again.
 */
export class Provisioner {
  private readonly pool: pg.Pool;
  private readonly settings: pg.ClientConfig;
  private prepared: Promise<void> | undefined;
  /** Of its one account: a run of migrations enters thousands of databases as it. */
  private readonly keys: ScramKeys = { scramKeys: undefined };

  constructor(
    private readonly url: string,
    log: Log,
    withinMs = queryTimeoutMs,
  ) {
    this.settings = {
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: withinMs,
      // The other way round: of a process that is gone without a word the server ends the session, and with it the lock.
      options: asOptions({ idle_session_timeout: withinMs * idleTimes }),
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveMs,
    };
    this.pool = new pg.Pool({
      ...this.settings,
      connectionString: url,
      max: maxConnections,
      application_name: 'tenant-registry/provisioner',
      // Of locks that another process holds: rather tried again than waited for with a connection in hand.
      lock_timeout: lockTimeoutMs,
    });
    // While it is lent and asks nothing, nobody else would hear of its end, and that ends the process. Whoever asks next hears of it.
    this.pool.on('connect', (client) => void client.on('error', () => undefined));
    this.pool.on('error', (err) => log.warn({ err }, 'an idle provisioner connection was lost'));
  }

  /** Statements outside any session state. */
  get admin(): SqlClient {
    return this.pool;
  }

  /**
   * Makes sure that group roles and the template of the current schema version are there: once per process, and again after a statement that
   * has missed one of them.
   */
  prepare(): Promise<void> {
    this.prepared ??= this.onItsOwn(prepareCluster).catch((error: unknown) => {
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

  /** The databases that are named as births name tenants'. */
  async readTenantDatabases(): Promise<string[]> {
    const { rows } = await this.pool.query<{ name: string }>(tenantDatabases);
    return rows.map(({ name }) => name);
  }

  /** How many bytes each of these databases has, by its name; of those that are there. */
  async readSizes(databases: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { rows } = await this.pool.query<{ name: string; bytes: string }>(sizes, [databases]);
    return new Map(rows.map(({ name, bytes }) => [name, Number(bytes)]));
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
      if (unprepared.has((error as { code?: unknown }).code)) this.prepared = undefined;
      throw error;
    }
  }

  /** Works with the cluster over one connection from beginning to end: a lock taken belongs to its session. */
  async onItsOwn<Result>(work: (cluster: Cluster) => Promise<Result>): Promise<Result> {
    const admin = await this.pool.connect();
    let isBroken = true;
    try {
      const result = await work({ admin, connect: (database) => this.connect(database) });
      isBroken = false;
      return result;
    } finally {
      admin.release(isBroken);
    }
  }

  /** A connection of its own to another database, ended by who asked for it. */
  connect(database: string): Promise<pg.Client> {
    return this.open(database, this.settings);
  }

  /**
   * The same to the database of a tenant, for who migrates it while it is in use.
   * @param statementMs the limit of one statement there.
   */
  enter(database: string, statementMs: number): Promise<pg.Client> {
    return this.open(database, {
      ...this.settings,
      query_timeout: statementMs * statementsAtOnce,
      options: asOptions({ ...whileMigrating, statement_timeout: statementMs }),
    });
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  private async open(database: string, settings: pg.ClientConfig): Promise<pg.Client> {
    const url = new URL(this.url);
    url.pathname = `/${database}`;
    const client = new EndingClient({ ...settings, connectionString: url.href }, this.keys);
    // Whoever waits for an answer hears of it.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }
}
