import { join } from 'node:path';
import type { Program, Server } from './program.ts';
import type { Secrets } from './secrets.ts';
import { serverPorts } from './server-ports.ts';
import type { ServerUrls } from './services.ts';
import { prepareNats } from './servers/nats.ts';
import { preparePostgres } from './servers/postgres.ts';
import { prepareRedis } from './servers/redis.ts';

export interface PreparedServers {
  urls: ServerUrls;
  /** Those that are this stack's own. */
  programs: Program[];
}

/** PostgreSQL, NATS and Redis: each the one its variable names, else one to run here. */
export async function prepareServers(
  dataDir: string,
  secrets: Secrets,
  env: NodeJS.ProcessEnv,
  report: (text: string) => void,
): Promise<PreparedServers> {
  const ports = await serverPorts(dataDir, env);
  const place = (name: keyof typeof ports) => ({ dir: join(dataDir, name), port: ports[name] });
  const elsewhere = (url: string): Promise<Server> => Promise.resolve({ url });
  const [postgres, nats, redis] = await Promise.all([
    env.POSTGRES_URL
      ? elsewhere(env.POSTGRES_URL)
      : preparePostgres({ ...place('postgres'), password: secrets.postgres }),
    env.NATS_URL ? elsewhere(env.NATS_URL) : prepareNats({ ...place('nats'), passwords: secrets.nats }, report),
    env.REDIS_URL ? elsewhere(env.REDIS_URL) : prepareRedis({ ...place('redis'), password: secrets.redis }, report),
  ]);
  return {
    urls: { postgres: postgres.url, nats: nats.url, redis: redis.url },
    programs: [postgres, nats, redis].flatMap(({ program }) => (program ? [program] : [])),
  };
}
