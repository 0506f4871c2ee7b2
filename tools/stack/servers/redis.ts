import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Program, Server } from '../program.ts';
import type { Wanted } from './binary.ts';
import { findServer } from './find-server.ts';
import { says } from './says.ts';
import { startServer, type Alone, type StartOptions, type Started } from './start-server.ts';

export interface RedisOptions extends StartOptions {
  password: string;
}

const wanted: Wanted = {
  name: 'redis-server',
  title: 'Redis',
  variable: 'REDIS_URL',
  minimum: [7, 0],
  packages: ['redis-server', 'redis-tools'],
  image: 'redis:7-alpine',
  imagePort: 6379,
};

/** A Redis on 127.0.0.1 that keeps nothing on disk: all that is in it can be lost (PostgreSQL is the truth). */
export function start(options: Alone<RedisOptions>): Promise<Started> {
  return startServer(prepareRedis, options);
}

export async function prepareRedis(
  options: RedisOptions,
  report: (text: string) => void = () => {},
): Promise<Required<Server>> {
  const dir = resolve(options.dir);
  mkdirSync(dir, { recursive: true });
  const found = await findServer(wanted, report);
  // In a file, since anybody on the machine can read a command line.
  const conf = join(dir, 'redis.conf');
  writeFileSync(conf, settings(options.password), { mode: found.inContainer ? 0o644 : 0o600 });
  const run = found.run({
    port: options.port,
    env: {},
    args: [conf, '--bind', '127.0.0.1', '--port', String(options.port), '--dir', dir],
    container: { args: ['redis-server', '/redis.conf', '--bind', '0.0.0.0'], mounts: [`${conf}:/redis.conf:ro`] },
  });
  const program: Program = {
    name: 'redis',
    ...run,
    stopSignal: 'SIGTERM',
    stopWithinMs: 10_000,
    readyWithinMs: 30_000,
    ready: () => says(options.port, `AUTH ${options.password}\r\nPING\r\n`, /\+PONG/),
  };
  return { url: `redis://:${encodeURIComponent(options.password)}@127.0.0.1:${options.port}`, program };
}

function settings(password: string): string {
  return [
    `requirepass ${password}`,
    'save ""',
    'appendonly no',
    'maxmemory 256mb',
    'maxmemory-policy volatile-lru',
    '',
  ].join('\n');
}
