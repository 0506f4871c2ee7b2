import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import pg from 'pg';
import type { Program, Server } from '../program.ts';
import { commandLine } from '../processes.ts';
import { startServer, type Alone, type StartOptions, type Started } from './start-server.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { initialize, plainEnvironment } from './postgres-initdb.ts';
import { handOver, runAs, type RunAs } from './postgres-user.ts';

export interface PostgresOptions extends StartOptions {
  /** Of the program; default `postgres`. */
  name?: string;
  /** Of the superuser `postgres`. */
  password: string;
  /** Default 300. */
  maxConnections?: number;
  /** false: fast, and a crash of the machine loses data. For tests. */
  fsync?: boolean;
}

/** PostgreSQL of this machine's own: TCP on 127.0.0.1 only, no socket file, scram passwords. */
export function start(options: Alone<PostgresOptions>): Promise<Started> {
  return startServer(preparePostgres, options);
}

export async function preparePostgres(options: PostgresOptions): Promise<Required<Server>> {
  const dir = resolve(options.dir);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const binDir = postgresBinaries();
  const as = runAs(binDir, dirname(dir));
  if (!existsSync(join(dir, 'PG_VERSION')))
    initialize(dir, { binDir, as, password: options.password, fsync: options.fsync ?? true });
  handOver(dir, as.owner);
  const url = `postgres://postgres:${encodeURIComponent(options.password)}@127.0.0.1:${options.port}/postgres`;
  return { url, program: postgresProgram(dir, binDir, as, options, url) };
}

function postgresProgram(dir: string, binDir: string, as: RunAs, options: PostgresOptions, url: string): Program {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port: options.port,
    max_connections: options.maxConnections ?? 300,
    // In the data directory: nothing is left in /dev/shm by a killed server, and a container's is small.
    dynamic_shared_memory_type: 'mmap',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(options.fsync === false ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [command = '', ...args] = [...as.wrapper, join(binDir, 'postgres'), '-D', dir, ...flags];
  return {
    name: options.name ?? 'postgres',
    command,
    args,
    env: plainEnvironment(),
    uid: as.uid,
    gid: as.gid,
    // Fast shutdown: ends sessions, writes a checkpoint, leaves.
    stopSignal: 'SIGINT',
    stopWithinMs: 15_000,
    // Kills its backends and frees its shared memory, which SIGKILL would leave behind.
    quitSignal: 'SIGQUIT',
    readyWithinMs: 60_000,
    prepare: () => removeStalePid(dir),
    ready: () => answers(url),
  };
}

/**
 * A server killed with its pid file in place starts again by itself, unless another program has that pid by now (pids are few in a
 * container): then the file is removed. It stays where the pid is free, since PostgreSQL itself also looks for surviving backends.
 */
async function removeStalePid(dir: string): Promise<void> {
  const path = join(dir, 'postmaster.pid');
  if (!existsSync(path)) return;
  const pid = Number(readFileSync(path, 'utf8').split('\n')[0]);
  const command = commandLine(pid);
  if (command === undefined || !command.includes('postgres')) {
    if (command !== undefined) rmSync(path, { force: true });
    return;
  }
  throw new Error(`another PostgreSQL (pid ${pid}) runs on ${dir}`);
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } finally {
    await client.end().catch(() => {});
  }
}
