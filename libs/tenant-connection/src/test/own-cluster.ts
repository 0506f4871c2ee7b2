import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TenantPlace } from '@tenantry/contracts';
import pg from 'pg';
import { placeOf } from './places.js';

/** What is used here of tools/stack, which no library may import: a test that stops its server needs one of its own. */
interface ServerOptions {
  dir: string;
  password: string;
  maxConnections: number;
  fsync: boolean;
  port?: number;
}
interface Server {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
  killNow(): void;
}
interface Stack {
  start(options: ServerOptions): Promise<Server>;
}
const stackPath = new URL('../../../../tools/stack/servers/postgres.ts', import.meta.url).pathname;

const adminsAtOnce = 3;
const superPassword = 'of-this-test-only';
/** Sorts like a UUID of version 7, and tells its number. */
const idOf = (number: number): string => `0190a000-0000-7000-8000-${String(number).padStart(12, '0')}`;

/** A PostgreSQL of a test's own with tenants in it, each with a row that says whose it is. */
export class OwnCluster {
  readonly places = new Map<string, TenantPlace>();
  private readonly dir = mkdtempSync(join(tmpdir(), 'tenantry-connections-'));
  private readonly fillers: pg.Client[] = [];
  private server!: Server;
  private admin!: pg.Pool;

  static async start(tenants: number, maxConnections: number): Promise<OwnCluster> {
    const cluster = new OwnCluster();
    await cluster.run(maxConnections);
    await cluster.admin.query('CREATE DATABASE template_tenant');
    await cluster.inDatabase(
      'template_tenant',
      'CREATE TABLE canary (tenant text PRIMARY KEY, count int NOT NULL DEFAULT 0)',
    );
    const numbers = Array.from({ length: tenants }, (_, number) => number).values();
    const maker = async (): Promise<void> => {
      for (const number of numbers) await cluster.addTenant(number);
    };
    await Promise.all(Array.from({ length: adminsAtOnce }, maker));
    return cluster;
  }

  get ids(): string[] {
    return [...this.places.keys()];
  }

  id(number: number): string {
    return idOf(number);
  }

  nameOf(tenantId: string): string {
    return `t_${Number(tenantId.slice(-12))}`;
  }

  async addTenant(number: number): Promise<void> {
    const tenantId = idOf(number);
    const name = this.nameOf(tenantId);
    const { hostname: host, port } = new URL(this.server.url);
    // A short iteration count: hundreds of roles, and what is tested is not SCRAM.
    await this.query(`SET scram_iterations = 1; CREATE ROLE ${name} LOGIN PASSWORD 'first'`);
    await this.createDatabase(tenantId);
    this.places.set(
      tenantId,
      await placeOf({ tenantId, host, port: Number(port), database: name, role: name, password: 'first' }),
    );
  }

  async createDatabase(tenantId: string): Promise<void> {
    const name = this.nameOf(tenantId);
    await this.query(`CREATE DATABASE ${name} TEMPLATE template_tenant OWNER ${name}`);
    await this.inDatabase(name, `INSERT INTO canary VALUES ('${tenantId}'); GRANT ALL ON canary TO ${name}`);
  }

  /** As superuser. */
  async query<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
    return (await this.admin.query<Row>(sql)).rows;
  }

  async inDatabase(database: string, sql: string): Promise<void> {
    const url = new URL(this.server.url);
    url.pathname = `/${database}`;
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    await client.query(sql);
    await client.end();
  }

  /** What the server knows of the tenants' connections. */
  async activity(): Promise<{ connections: number; inTransaction: number }> {
    const [row] = await this.query<{ connections: number; inTransaction: number }>(`
      SELECT count(*)::int AS connections, count(*) FILTER (WHERE state LIKE 'idle in transaction%')::int AS "inTransaction"
      FROM pg_stat_activity WHERE usename LIKE 't\\_%'`);
    return row ?? { connections: 0, inTransaction: 0 };
  }

  /** Takes every connection that the server gives to anyone. */
  async fill(tries: number): Promise<void> {
    for (let taken = 0; taken < tries; taken++) {
      const client = new pg.Client({ connectionString: this.server.url });
      client.on('error', () => undefined);
      await client.connect().then(
        () => this.fillers.push(client),
        () => undefined,
      );
    }
  }

  async release(): Promise<void> {
    await Promise.all(this.fillers.splice(0).map((client) => client.end()));
  }

  /** Orderly (fast shutdown), or by kill -9 of all of it. */
  async restart(how: 'orderly' | 'killed', awayMs: number): Promise<void> {
    const { port } = new URL(this.server.url);
    await this.admin.end().catch(() => undefined);
    if (how === 'orderly') await this.server.stop();
    else {
      process.kill(this.server.pid, 'SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, 300));
      await this.server.stop().catch(() => undefined);
    }
    await new Promise((resolve) => setTimeout(resolve, awayMs));
    await this.run(this.maxConnections, Number(port));
  }

  async stop(): Promise<void> {
    await this.admin.end().catch(() => undefined);
    await this.server.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  private maxConnections = 0;

  private async run(maxConnections: number, port?: number): Promise<void> {
    this.maxConnections = maxConnections;
    const stack = (await import(stackPath)) as Stack;
    const options = { dir: join(this.dir, 'postgres'), password: superPassword, maxConnections, fsync: false };
    this.server = await stack.start(port === undefined ? options : { ...options, port });
    this.admin = new pg.Pool({ connectionString: this.server.url, max: adminsAtOnce });
    this.admin.on('error', () => undefined);
  }
}
