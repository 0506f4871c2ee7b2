import type { Issuer } from '@tenantry/contracts';
import { CommonConfig } from '../config.js';
import { createLog, type Log } from '../log.js';
import { ContextSigner } from '../context/signer.js';
import { Nats } from '../nats/nats.js';

const required = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run tests through jest, whose global setup starts the servers`);
  return value;
};

export const natsUrl = (): string => required('TEST_NATS_URL');
export const natsPassword = (user: string): string =>
  (JSON.parse(required('TEST_NATS_PASSWORDS')) as Record<string, string>)[user] ?? '';

/** The settings of a process of `user`, at the broker of this test run or behind `url`. */
export const settingsOf = (user: string, url = natsUrl()): CommonConfig =>
  CommonConfig.parse({
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    NATS_URL: url,
    NATS_USER: user,
    NATS_PASSWORD: natsPassword(user),
  });

/** A log that is kept: each line as the object it was written as. */
export function keptLog(level = 'trace'): { log: Log; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as Record<string, unknown>);
  return { log: createLog({ service: 'products', instance: 'products-test', level }, { write }), lines };
}

export const silent: Log = keptLog('silent').log;

export const natsAs = (user: string, url?: string): Promise<Nats> => Nats.open(settingsOf(user, url), 'test', silent);
export const signerOf = (nats: Nats, issuer: Issuer): Promise<ContextSigner> =>
  ContextSigner.start(nats, silent, issuer);
