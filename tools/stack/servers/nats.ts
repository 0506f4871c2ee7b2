import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Program, Server } from '../program.ts';
import type { Wanted } from './binary.ts';
import { findServer } from './find-server.ts';
import { says } from './says.ts';
import { startServer, type Alone, type StartOptions, type Started } from './start-server.ts';

/** The users of nats.conf: one per service, and `admin` for operations. */
export const natsUsers = ['gateway', 'auth', 'users', 'products', 'tenant-registry', 'admin'] as const;
export type NatsUser = (typeof natsUsers)[number];
export type NatsPasswords = Record<NatsUser, string>;

export interface NatsOptions extends StartOptions {
  passwords: NatsPasswords;
}

export const natsConf = join(import.meta.dirname, '../nats/nats.conf');

export const wantedNats: Wanted = {
  name: 'nats-server',
  title: 'NATS',
  variable: 'NATS_URL',
  minimum: [2, 10],
  packages: ['nats-server'],
  image: 'nats:2.12-alpine',
  imagePort: 4222,
};

/** NATS with JetStream and the users of nats.conf, on 127.0.0.1. The url holds no credentials. */
export function start(options: Alone<NatsOptions>): Promise<Started> {
  return startServer(prepareNats, options);
}

export async function prepareNats(
  options: NatsOptions,
  report: (text: string) => void = () => {},
): Promise<Required<Server>> {
  const dir = resolve(options.dir);
  mkdirSync(dir, { recursive: true });
  const found = await findServer(wantedNats, report);
  const passwords = natsPasswordEnvironment(options.passwords);
  const run = found.run({
    port: options.port,
    env: passwords,
    args: ['-c', natsConf, '-a', '127.0.0.1', '-p', String(options.port), '-sd', dir],
    container: { args: ['-c', '/nats.conf', '-sd', '/data'], mounts: [`${natsConf}:/nats.conf:ro`, `${dir}:/data`] },
  });
  const program: Program = {
    name: 'nats',
    ...run,
    stopSignal: 'SIGTERM',
    stopWithinMs: 10_000,
    readyWithinMs: 30_000,
    // The first line a client gets; JetStream is in it once it has recovered its streams.
    ready: () => says(options.port, '', /^INFO .*"jetstream":true/),
  };
  return { url: `nats://127.0.0.1:${options.port}`, program };
}

/** `NATS_PASSWORD_TENANT_REGISTRY` and so on, as nats.conf reads them. */
export function natsPasswordEnvironment(passwords: NatsPasswords): Record<string, string> {
  return Object.fromEntries(natsUsers.map((user) => [natsPasswordVariable(user), passwords[user]]));
}

export function natsPasswordVariable(user: NatsUser): string {
  return `NATS_PASSWORD_${user.toUpperCase().replaceAll('-', '_')}`;
}
