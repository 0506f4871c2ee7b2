import type { Log } from '@tenantry/service-kit';
import { prepareCluster, type SqlClient } from '@tenantry/tenant-schema';
import pg from 'pg';

/** Statements on one cluster at once; each holds a connection of the provisioner's. */
const maxConnections = 8;
const connectTimeoutMs = 3000;

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
