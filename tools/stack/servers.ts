import { join } from 'node:path';
import type { StackOptions } from './options.ts';
import type { Program, Server } from './program.ts';
import type { Secrets } from './secrets.ts';
import { furtherClusters, serverPorts } from './server-ports.ts';
import type { ServerUrls } from './services.ts';
import { prepareNats } from './servers/nats.ts';
import { preparePostgres } from './servers/postgres.ts';
import { prepareRedis } from './servers/redis.ts';

export interface PreparedServers {
  urls: ServerUrls;
  /** PostgreSQL servers besides the first, always this stack's own: an administrator's URLs, by name. */
  clusters: Readonly<Record<string, string>>;
  /** Those that are this stack's own. */
  programs: Program[];
}

/** PostgreSQL, NATS and Redis: each the one its variable names, else one to run here; and further PostgreSQL servers for tenants. */
export async function prepareServers(
  dataDir: string,
  secrets: Secrets,
  { env, report, clusters }: Pick<StackOptions, 'env' | 'report' | 'clusters'>,
): Promise<PreparedServers> {
  const names = furtherClusters(dataDir, clusters);
  const ports = await serverPorts(dataDir, env, names);
  const place = (name: 'postgres' | 'nats' | 'redis') => ({ dir: join(dataDir, name), port: ports[name] });
  const elsewhere = (url: string): Promise<Server> => Promise.resolve({ url });
  const [postgres, nats, redis] = await Promise.all([
    env.POSTGRES_URL
      ? elsewhere(env.POSTGRES_URL)
      : preparePostgres({ ...place('postgres'), password: secrets.postgres }),
    env.NATS_URL ? elsewhere(env.NATS_URL) : prepareNats({ ...place('nats'), passwords: secrets.nats }, report),
    env.REDIS_URL ? elsewhere(env.REDIS_URL) : prepareRedis({ ...place('redis'), password: secrets.redis }, report),
  ]);
  const further = await Promise.all(
    names.map((name) =>
      preparePostgres({ name, dir: join(dataDir, name), port: ports[name] as number, password: secrets.postgres }),
    ),
  );
  return {
    clusters: Object.fromEntries(names.map((name, index) => [name, further[index]!.url])),
    urls: { postgres: postgres.url, nats: nats.url, redis: redis.url },
    programs: [postgres, nats, redis, ...further].flatMap(({ program }) => (program ? [program] : [])),
  };
}
