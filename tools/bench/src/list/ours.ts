import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseScale } from '@tenantry/stack/options.ts';
import { freePort } from '@tenantry/stack/ports.ts';
import { readSecrets } from '@tenantry/stack/secrets.ts';
import { startStack } from '@tenantry/stack/stack.ts';
import pg from 'pg';
import { started, temporaryDir } from '../harness/owned.ts';
import { startCollector } from './collector.ts';
import { ask } from './http.ts';

/** The whole product with one tenant that has something to list. */
export interface Ours {
  readonly url: string;
  /** The tenant's, as `X-Tenant` takes it. */
  readonly slug: string;
  /** An access token of the tenant's admin. */
  readonly token: string;
  readonly operatorKey: string;
  /** A plan that limits no requests. */
  readonly plan: string;
  /** The tenant's database, for an administrator. */
  readonly databaseUrl: string;
  /** The cluster's `postgres` database, for the account that makes tenants' roles and databases. */
  readonly provisionerUrl: string;
  /** Where each service's process tells its metrics. */
  readonly metricsUrls: readonly string[];
  readonly processes: Readonly<Record<(typeof processes)[number], number>>;
}

const root = join(import.meta.dirname, '../../../..');
const processes = ['gateway', 'products', 'users', 'auth', 'tenant-registry', 'postgres', 'nats', 'redis'] as const;
const slug = 'bench';
const plan = 'bench';
const products = 100;
const admin = {
  email: 'admin@bench.example',
  password: 'correct horse battery staple',
  firstName: 'Ada',
  lastName: 'B',
};

/**
 * As it runs in production: limits on, metrics kept, one request in a hundred traced. Without limits and traces: what is left are token,
 * permission, tenant and validation, without which it would be another product. Or with limits, but neither traces nor metrics.
 */
export type Features = 'on' | 'off' | 'unwatched';

const withoutMetrics = `--import ${pathToFileURL(join(import.meta.dirname, '../telemetry/without-metrics.ts')).href}`;

async function settingsOf(features: Features, owned: AsyncDisposableStack): Promise<NodeJS.ProcessEnv> {
  // Limits cannot be lifted in production; but for the checking of replies nothing else differs there.
  if (features === 'off') return { NODE_ENV: 'development', CHECK_REPLIES: 'false', TENANTRY_LIMITS: 'off' };
  if (features === 'unwatched') return { NODE_ENV: 'production', NODE_OPTIONS: withoutMetrics };
  return {
    NODE_ENV: 'production',
    OTEL_EXPORTER_OTLP_ENDPOINT: await startCollector(owned),
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.01',
  };
}

export async function startOurs(
  features: Features,
  owned: AsyncDisposableStack,
  report: (text: string) => void,
): Promise<Ours> {
  const cancel = new AbortController();
  const dataDir = temporaryDir(owned);
  const postgresPort = await freePort();
  const starting = startStack(
    {
      root,
      dataDir,
      port: await freePort(),
      scale: parseScale('1'),
      clusters: 1,
      restartAfterMs: 0,
      demo: false,
      env: {
        ...process.env,
        ...(await settingsOf(features, owned)),
        LOG_LEVEL: 'silent',
        POSTGRES_PORT: String(postgresPort),
        // The load comes as if through a proxy, from many addresses: the limits are on and count, but nobody reaches one.
        TRUSTED_PROXIES: '127.0.0.1',
      },
      report,
      step: (title, work) => {
        report(title);
        return work();
      },
    },
    cancel.signal,
  );
  const isUp = started(starting, owned);
  // After that, since what is owned last is ended first: the start is called off before its end is waited for.
  owned.defer(() => cancel.abort(new Error('the run was ended')));
  const stack = await isUp;
  const superuser = new URL(`postgres://127.0.0.1:${postgresPort}`);
  superuser.username = 'postgres';
  const secrets = readSecrets(join(dataDir, 'secrets.json'));
  superuser.password = encodeURIComponent(secrets.postgres ?? '');
  await makePlan(superuser);
  const token = await makeTenant(stack.url, stack.operatorKey);
  const pids = processes.map((name) => [name, stack.pid(name) ?? 0]);
  return {
    url: stack.url,
    slug,
    token,
    operatorKey: stack.operatorKey,
    plan,
    databaseUrl: await findDatabase(superuser),
    provisionerUrl: provisionerOf(superuser, secrets.roles?.provisioner ?? ''),
    metricsUrls: readMetricsUrls(dataDir),
    processes: Object.fromEntries(pids) as Ours['processes'],
  };
}

function readMetricsUrls(dataDir: string): string[] {
  const ports = JSON.parse(readFileSync(join(dataDir, 'internal-ports.json'), 'utf8')) as Record<string, number>;
  return Object.values(ports).map((port) => `http://127.0.0.1:${port}/metrics`);
}

const provisionerOf = (server: URL, password: string): string =>
  Object.assign(new URL(server), {
    username: 'provisioner',
    password: encodeURIComponent(password),
    pathname: '/postgres',
  }).href;

const inDatabase = (server: URL, name: string): string => Object.assign(new URL(server), { pathname: `/${name}` }).href;

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/** A plan with the connections of `standard` and requests without end. */
async function makePlan(server: URL): Promise<void> {
  await query(
    inDatabase(server, 'registry'),
    `INSERT INTO plans (name, requests_per_minute, max_connections)
     SELECT '${plan}', 1000000000, max_connections FROM plans WHERE name = 'standard'`,
  );
}

async function findDatabase(server: URL): Promise<string> {
  const rows = await query<{ name: string }>(
    inDatabase(server, 'registry'),
    `SELECT db_name AS name FROM tenants WHERE slug = '${slug}'`,
  );
  if (!rows[0]) throw new Error('the registry does not know the tenant');
  return inDatabase(server, rows[0].name);
}

async function makeTenant(url: string, operatorKey: string): Promise<string> {
  await ask(`${url}/v1/admin/tenants`, {
    method: 'POST',
    token: operatorKey,
    headers: { prefer: 'wait=4' },
    body: { slug, name: 'Bench', plan, admin },
  });
  const { email, password } = admin;
  const { accessToken: token } = await ask<{ accessToken: string }>(`${url}/v1/auth/login`, {
    method: 'POST',
    headers: { 'x-tenant': slug },
    body: { email, password },
  });
  for (let index = 0; index < products; index++) {
    const body = {
      name: `Product ${index}`,
      description: 'Made to be listed, twenty at a time.',
      price: `${index}.50`,
      stockQuantity: index,
    };
    await ask(`${url}/v1/products`, { method: 'POST', token, body });
  }
  return token;
}
