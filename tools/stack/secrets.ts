import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newNatsPasswords, newPassword } from './passwords.ts';
import { natsPasswordVariable, natsUsers, type NatsPasswords } from './servers/nats.ts';

/** Login roles of the cluster that belong to the platform, not to a tenant. */
export const platformRoles = ['tenant_registry', 'auth', 'provisioner'] as const;
export type RolePasswords = Record<(typeof platformRoles)[number], string>;

/** As the registry asks for it, which refuses one that is not random as well. */
const keyForm = /^tok_[A-Za-z0-9_-]{32,128}$/;

export interface Secrets {
  /** Of PostgreSQL's superuser. */
  postgres: string;
  roles: RolePasswords;
  nats: NatsPasswords;
  redis: string;
  /** base64 of 32 bytes. */
  masterKey: string;
  operatorKey: string;
}

/**
 * The secrets of a data directory, made on its first use and kept: the data beside them opens with no others. TENANTRY_OPERATOR_KEY
 * and NATS_PASSWORD_<NAME> of the environment are taken in place of the kept ones, and kept by `keepSecrets` once all has started with them.
 */
export function loadSecrets(dataDir: string, env: NodeJS.ProcessEnv = {}): Secrets {
  const path = join(dataDir, 'secrets.json');
  const kept = existsSync(path) ? readSecrets(path) : {};
  const made = newSecrets();
  // A service that has been added since then has no password there.
  const secrets = { ...made, ...kept, nats: { ...made.nats, ...kept.nats } };
  keepSecrets(dataDir, secrets);
  const operatorKey = env.TENANTRY_OPERATOR_KEY || secrets.operatorKey;
  if (!keyForm.test(operatorKey))
    throw new Error(
      'TENANTRY_OPERATOR_KEY must be tok_ and 32 to 128 letters, digits, - or _: echo tok_$(openssl rand -hex 32)',
    );
  const nats = natsUsers.map((user) => [user, env[natsPasswordVariable(user)] || secrets.nats[user]]);
  return { ...secrets, operatorKey, nats: Object.fromEntries(nats) as NatsPasswords };
}

/** Keeps them for later starts. */
export function keepSecrets(dataDir: string, secrets: Secrets): void {
  const path = join(dataDir, 'secrets.json');
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(`${path}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  chmodSync(`${path}.new`, 0o600);
  renameSync(`${path}.new`, path);
}

export function readSecrets(path: string): Partial<Secrets> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Partial<Secrets>;
  } catch (error) {
    throw new Error(
      `${path} cannot be read (${(error as Error).message}); without it the data beside it does not open`,
    );
  }
}

function newSecrets(): Secrets {
  return {
    postgres: newPassword(),
    roles: { tenant_registry: newPassword(), auth: newPassword(), provisioner: newPassword() },
    nats: newNatsPasswords(),
    redis: newPassword(),
    masterKey: randomBytes(32).toString('base64'),
    operatorKey: `tok_${randomBytes(32).toString('base64url')}`,
  };
}
