import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, LOG, type Log } from '@tenantry/service-kit';
import { prepareCluster, type SqlClient } from '@tenantry/tenant-schema';
import pg from 'pg';
import type { RegistryConfig } from '../config.js';

/** Statements on a cluster at once; each holds a connection of the provisioner's. */
const maxConnections = 8;

/** The provisioner's way into the cluster: makes roles and databases, and reads no tenant's rows. */
@Injectable()
export class ClusterAccess implements OnApplicationShutdown {
  private readonly pool: pg.Pool;
  private prepared: Promise<void> | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: RegistryConfig,
    @Inject(LOG) log: Log,
  ) {
    this.pool = new pg.Pool({
      connectionString: config.PROVISIONER_URL,
      max: maxConnections,
      connectionTimeoutMillis: 3000,
      application_name: 'tenant-registry/provisioner',
    });
    this.pool.on('error', (err) => log.warn({ err }, 'an idle provisioner connection was lost'));
  }

  /** Where tenants of this cluster are found. */
  get address(): { host: string; port: number } {
    const { hostname, port } = new URL(this.config.PROVISIONER_URL);
    return { host: hostname, port: Number(port || 5432) };
  }

  /** Statements outside any session state. */
  get admin(): SqlClient {
    return this.pool;
  }

  /** Makes sure, once per process, that roles and template for tenants are there. */
  prepare(): Promise<void> {
    this.prepared ??= this.prepareOnce().catch((error: unknown) => {
      this.prepared = undefined;
      throw error;
    });
    return this.prepared;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
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
    const url = new URL(this.config.PROVISIONER_URL);
    url.pathname = `/${database}`;
    const client = new pg.Client({ connectionString: url.href, connectionTimeoutMillis: 3000 });
    await client.connect();
    return client;
  }
}
