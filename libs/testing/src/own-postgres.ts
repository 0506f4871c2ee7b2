import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What is used here of tools/stack, which no library may import. */
interface Server {
  readonly url: string;
  stop(): Promise<void>;
}
interface Servers {
  start(options: { dir: string; password: string; maxConnections: number; fsync: boolean }): Promise<Server>;
}
const serversPath = new URL('../../../tools/stack/servers/postgres.ts', import.meta.url).pathname;

/** A PostgreSQL besides the one that all tests share: for a test that needs a second cluster, or stops its server. */
export class OwnPostgres {
  private constructor(
    /** A superuser's URL, on the database `postgres`. */
    readonly url: string,
    private readonly server: Server,
    private readonly dir: string,
  ) {}

  /** Starts it, under a second where nobody else is busy. */
  static async start(): Promise<OwnPostgres> {
    const dir = mkdtempSync(join(tmpdir(), 'tenantry-own-postgres-'));
    const servers = (await import(serversPath)) as Servers;
    const place = { dir: join(dir, 'data'), password: 'of-this-test-only' };
    const server = await servers.start({ ...place, maxConnections: 50, fsync: false });
    return new OwnPostgres(server.url, server, dir);
  }

  async stop(): Promise<void> {
    await this.server.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
