import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import pg from 'pg';

/** What is used here of tools/stack, which no library may import. */
interface Server {
  readonly url: string;
  stop(): Promise<void>;
}
interface Servers {
  start(options: { dir: string; password: string; maxConnections: number; fsync: boolean }): Promise<Server>;
}
const password = 'of-this-test-only';
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
  static start(): Promise<OwnPostgres> {
    return OwnPostgres.startOn(mkdtempSync(join(tmpdir(), 'tenantry-own-postgres-')));
  }

  private static async startOn(dir: string): Promise<OwnPostgres> {
    const servers = (await import(serversPath)) as Servers;
    const server = await servers.start({ dir: join(dir, 'data'), password, maxConnections: 50, fsync: false });
    return new OwnPostgres(server.url, server, dir);
  }

  /**
   * A hot standby that streams from this server, copied while it runs (https://www.postgresql.org/docs/18/continuous-archiving.html,
   * "Making a Base Backup Using the Low Level API"): pg_basebackup is not among the binaries there are everywhere.
   */
  async standby(): Promise<OwnPostgres> {
    const dir = mkdtempSync(join(tmpdir(), 'tenantry-standby-'));
    const data = join(dir, 'data');
    const client = new pg.Client({ connectionString: this.url });
    await client.connect();
    try {
      await client.query(`SELECT pg_backup_start('standby', fast => true)`);
      copyRunning(join(this.dir, 'data'), data);
      const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop()');
      writeFileSync(join(data, 'backup_label'), rows[0]!.labelfile);
    } finally {
      await client.end();
    }
    writeFileSync(join(data, 'standby.signal'), '');
    appendFileSync(join(data, 'postgresql.auto.conf'), `primary_conninfo = '${this.url}'\n`);
    return OwnPostgres.startOn(dir);
  }

  async stop(): Promise<void> {
    await this.server.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** A data directory without what belongs to the process on it; what it wrote meanwhile comes with the log. */
function copyRunning(from: string, to: string): void {
  const isOfProcess = /^(postmaster\.(pid|opts)|pg_wal\/.+|.*\/?pgsql_tmp.*|.*pg_internal\.init.*)$/;
  cpSync(from, to, { recursive: true, filter: (path) => !isOfProcess.test(relative(from, path)) });
  mkdirSync(join(to, 'pg_wal'), { recursive: true });
}
