import { AsyncLocalStorage } from 'node:async_hooks';
import { createTenantDatabase, type TenantDatabase } from '@tenantry/testing';
import pg from 'pg';
import type { EntityManager } from 'typeorm';
import { ServiceError } from '@tenantry/service-kit';
import type { TenantDatabases } from '../store.js';

interface Scope {
  readonly tenantId: string;
  readonly client: pg.PoolClient | undefined;
}

/** Tenant databases as a service has them, on plain pools, counting who was visited. */
export class Tenants implements TenantDatabases {
  /** Statements per tenant. */
  readonly asked = new Map<string, number>();
  /** Those that the service cannot serve yet, each with how often it was asked for. */
  readonly behind = new Map<string, number>();
  /** Called in a transaction right before it is committed. */
  beforeCommit: (tenantId: string) => Promise<void> = async () => undefined;
  readonly #pools = new Map<string, pg.Pool>();
  readonly #scopes = new AsyncLocalStorage<Scope>();

  constructor(private readonly databases: readonly TenantDatabase[]) {}

  runInTenant<Result>(tenantId: string, work: () => Promise<Result>): Promise<Result> {
    const refused = this.behind.get(tenantId);
    if (refused === undefined) return this.#scopes.run({ tenantId, client: undefined }, work);
    this.behind.set(tenantId, refused + 1);
    return Promise.reject(new ServiceError('tenant-maintenance', 'It is yet to be migrated.'));
  }

  async transaction<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    const { tenantId } = this.#scope;
    const client = await this.#poolOf(tenantId).connect();
    try {
      await client.query('BEGIN');
      // What is tested writes through `query` alone.
      const manager = undefined as unknown as EntityManager;
      const result = await this.#scopes.run({ tenantId, client }, () => work(manager));
      await this.beforeCommit(tenantId);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  }

  async query<Row extends Record<string, unknown>>(name: string, text: string, values: unknown[] = []): Promise<Row[]> {
    const { tenantId, client } = this.#scope;
    this.asked.set(tenantId, (this.asked.get(tenantId) ?? 0) + 1);
    const { rows } = await (client ?? this.#poolOf(tenantId)).query<Row>({ name, text, values });
    return rows;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.end()));
  }

  get #scope(): Scope {
    const scope = this.#scopes.getStore();
    if (!scope) throw new Error('no tenant');
    return scope;
  }

  #poolOf(tenantId: string): pg.Pool {
    let pool = this.#pools.get(tenantId);
    if (!pool) {
      const found = this.databases.find((database) => database.tenantId === tenantId)!;
      const { host, port, database, role: user, password } = found;
      pool = new pg.Pool({ host, port, database, user, password, max: 5 });
      // An ending connection may see its database dropped.
      pool.on('error', () => undefined);
      this.#pools.set(tenantId, pool);
    }
    return pool;
  }
}

export const createTenants = (count: number): Promise<TenantDatabase[]> =>
  Promise.all(Array.from({ length: count }, () => createTenantDatabase()));

/** Events that wait in a tenant's outbox. */
export const waiting = async (tenant: TenantDatabase): Promise<number> =>
  Number((await tenant.query('SELECT count(*) FROM outbox')).rows[0]?.['count']);

/** Products of that name. */
export const made = async (tenant: TenantDatabase, name: string): Promise<number> =>
  Number((await tenant.query('SELECT count(*) FROM products WHERE name = $1', [name])).rows[0]?.['count']);
