import { join } from 'node:path';
import type { Secrets } from './secrets.ts';
import { natsPasswordVariable, type NatsUser } from './servers/nats.ts';

/** In the order they are shown; they start together. */
export const serviceNames = ['tenant-registry', 'auth', 'users', 'products', 'gateway'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Where the servers are. */
export interface ServerUrls {
  /** An administrator's. */
  postgres: string;
  nats: string;
  redis: string;
}

export interface Surroundings {
  urls: ServerUrls;
  secrets: Secrets;
  /** Where everything that the stack writes lies. */
  dataDir: string;
  /** The launcher's own environment, of which a service gets only what is named here. */
  env: NodeJS.ProcessEnv;
}

export interface Instance {
  service: ServiceName;
  /** `products`, `products-2`, ... */
  name: string;
  healthPort: number;
  /** Of a gateway. */
  port?: number;
}

const everywhere = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TZ',
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
  'LOG_LEVEL',
  'NATS_CA_FILE',
  'MAX_IN_FLIGHT',
  'CHECK_REPLIES',
];
const ofRegistry = [
  'REGISTRY_REPLICA_URL',
  'REGISTRY_REPLICA_MAX_LAG_SECONDS',
  'ARCHIVE_GRACE_SECONDS',
  'ROTATION_OVERLAP_SECONDS',
  'DATABASE_SIZE_SECONDS',
  'MIGRATION_STATEMENT_SECONDS',
  'OPERATOR_AUDIT_DAYS',
  'MASTER_KEY_PREVIOUS',
  'CURSOR_KEY',
];
const ofTenants = ['CONNECTION_BUDGET', 'MASTER_KEY_PREVIOUS', 'CURSOR_KEY'];
const withTenants = serviceNames.filter((name) => name !== 'gateway' && name !== 'tenant-registry');
/** One of each service may then open all it may, and the server (300) has some left. */
const budget = { CONNECTION_BUDGET: String(Math.floor(270 / withTenants.length)) };
const ofGateway = [
  'BASE_DOMAIN',
  'CORS_ORIGINS',
  'TRUSTED_PROXIES',
  'TENANTRY_LIMITS',
  'ADDRESS_REQUESTS_PER_MINUTE',
  'SHUTDOWN_DELAY_SECONDS',
];

/** The whole environment of one service process. */
export function serviceEnvironment(instance: Instance, around: Surroundings): NodeJS.ProcessEnv {
  return {
    ...common(instance, around),
    HEALTH_PORT: String(instance.healthPort),
    INSTANCE: instance.name,
    ...(instance.port === undefined ? {} : { PORT: String(instance.port) }),
  };
}

/** What a service's own commands (its migrations) get: no port, no instance. */
export function commandEnvironment(service: ServiceName, around: Surroundings): NodeJS.ProcessEnv {
  return common({ service }, around);
}

function common({ service }: Pick<Instance, 'service'>, around: Surroundings): NodeJS.ProcessEnv {
  const { env } = around;
  const telemetry = Object.keys(env).filter((variable) => variable.startsWith('OTEL_'));
  return {
    ...pick(env, [...everywhere, ...telemetry]),
    NODE_ENV: env.NODE_ENV || 'development',
    ...natsLogin(service, around),
    ...own[service](around),
  };
}

/** Mails of a machine without a mail server, one a file. */
export const mailFolder = (dataDir: string): string => join(dataDir, 'mails');

const own: Record<ServiceName, (around: Surroundings) => NodeJS.ProcessEnv> = {
  // A stack with demo logins is for this machine alone.
  gateway: ({ urls, env }) => ({ HOST: '127.0.0.1', REDIS_URL: urls.redis, ...pick(env, ofGateway) }),
  auth: ({ urls, secrets, env }) => ({
    AUTH_DATABASE_URL: as(urls.postgres, 'auth', secrets.roles.auth, 'auth'),
    MASTER_KEY: secrets.masterKey,
    ...budget,
    ...pick(env, [...ofTenants, 'SIGNING_KEY_DAYS', 'AUDIT_DAYS']),
  }),
  users: ({ secrets, env, dataDir }) => ({
    MASTER_KEY: secrets.masterKey,
    MAIL_FOLDER: mailFolder(dataDir),
    ...budget,
    ...pick(env, [...ofTenants, 'AUDIT_DAYS', 'SMTP_URL', 'MAIL_FROM', 'MAIL_LINKS']),
  }),
  products: ({ secrets, env }) => ({ MASTER_KEY: secrets.masterKey, ...budget, ...pick(env, ofTenants) }),
  'tenant-registry': ({ urls, secrets, env }) => ({
    REGISTRY_DATABASE_URL: as(urls.postgres, 'tenant_registry', secrets.roles.tenant_registry, 'registry'),
    PROVISIONER_URL: provisionerUrl(urls.postgres, secrets),
    MASTER_KEY: secrets.masterKey,
    OPERATOR_KEY: secrets.operatorKey,
    ...pick(env, ofRegistry),
  }),
};

/** One's own user, as nats.conf has it; credentials in a given NATS_URL serve all who have no password of their own. */
function natsLogin(service: NatsUser, { urls, secrets, env }: Surroundings): NodeJS.ProcessEnv {
  const servers = urls.nats.split(',').map((server) => new URL(server.includes('://') ? server : `nats://${server}`));
  const shared = servers.find((server) => server.username);
  const addresses = servers.map((server) => `${server.protocol}//${server.host}`).join(',');
  if (shared && !env[natsPasswordVariable(service)]) {
    const [user, password] = [shared.username, shared.password].map(decodeURIComponent);
    return { NATS_URL: addresses, NATS_USER: user, NATS_PASSWORD: password };
  }
  return { NATS_URL: addresses, NATS_USER: service, NATS_PASSWORD: secrets.nats[service] };
}

/** The way into a cluster for who makes tenants' databases there. */
export const provisionerUrl = (administrator: string, { roles }: Secrets): string =>
  as(administrator, 'provisioner', roles.provisioner, 'postgres');

/** The same server, seen as another role. */
function as(url: string, role: string, password: string, database: string): string {
  const other = new URL(url);
  other.username = role;
  other.password = encodeURIComponent(password);
  other.pathname = `/${database}`;
  return other.href;
}

function pick(env: NodeJS.ProcessEnv, variables: string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(variables.filter((variable) => env[variable]).map((variable) => [variable, env[variable]]));
}
