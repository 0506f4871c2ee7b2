import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endLeftovers } from './leftovers.ts';
import { lockHolder, tryLock } from './lock.mjs';
import { newNatsPasswords, newPassword } from './passwords.ts';
import { start as startNats } from './servers/nats.ts';
import { start as startPostgres } from './servers/postgres.ts';
import { start as startRedis } from './servers/redis.ts';
import { containersWanted, startContainers } from './test-containers.ts';
import type { TestServer } from './test-server.ts';

const prefix = 'tenantry-test-';

/**
 * Starts the servers that `env` does not name already, in a temporary directory that `stop` removes.
 * @param brokers how many NATS servers: test files that run side by side on one would answer each other's questions.
 */
export async function startTestServers(env: NodeJS.ProcessEnv = process.env, brokers = 1): Promise<TestServer> {
  await sweep();
  const dir = mkdtempSync(join(tmpdir(), prefix));
  // Run by root, PostgreSQL may be another user, who has to get through.
  chmodSync(dir, 0o711);
  tryLock(join(dir, 'owner.lock'));
  const starts = containersWanted(env) ? startContainers(env) : startOwn(env, dir, brokers);
  const outcomes = await Promise.allSettled(starts);
  const begun = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const stop = async () => {
    await Promise.all(begun.map((server) => server.stop()));
    remove(dir);
  };
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const killNow = () => {
    for (const server of begun) server.killNow();
    remove(dir);
  };
  const environment = begun.reduce((all, server) => ({ ...all, ...server.environment }), {});
  const natsUrls = begun.flatMap((server) => server.environment.TEST_NATS_URL ?? []);
  if (natsUrls.length > 0) Object.assign(environment, { TEST_NATS_URL: natsUrls.join(' ') });
  return { environment, stop, killNow };
}

function startOwn(env: NodeJS.ProcessEnv, dir: string, brokers: number): Promise<TestServer>[] {
  const place = (name: string) => ({ dir: join(dir, name), runDir: join(dir, 'run') });
  const starts: Promise<TestServer>[] = [];
  if (!env.TEST_POSTGRES_URL) {
    const options = { ...place('postgres'), password: newPassword(), maxConnections: 300, fsync: false };
    starts.push(
      startPostgres(options).then((server) => ({ ...server, environment: { TEST_POSTGRES_URL: server.url } })),
    );
  }
  if (!env.TEST_NATS_URL) {
    const passwords = newNatsPasswords();
    const names = Array.from({ length: brokers }, (_, index) => `nats-${index + 1}`);
    starts.push(
      ...names.map(async (name) => {
        // Folders of its own for its log and its process id, which bear the program's name.
        const at = { dir: join(dir, name, 'data'), runDir: join(dir, `run-${name}`) };
        const server = await startNats({ ...at, passwords });
        return {
          ...server,
          environment: { TEST_NATS_URL: server.url, TEST_NATS_PASSWORDS: JSON.stringify(passwords) },
        };
      }),
    );
  }
  if (!env.TEST_REDIS_URL) {
    const options = { ...place('redis'), password: newPassword() };
    starts.push(startRedis(options).then((server) => ({ ...server, environment: { TEST_REDIS_URL: server.url } })));
  }
  return starts;
}

/** A killed run could not clean up: the next one does. */
async function sweep(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    const dir = join(tmpdir(), name);
    try {
      if (!isAbandoned(dir)) continue;
      for (const run of readdirSync(dir).filter((entry) => entry.startsWith('run'))) await endLeftovers(join(dir, run));
      remove(dir);
    } catch {
      // Another user's: theirs to clean.
    }
  }
}

function isAbandoned(dir: string): boolean {
  return readdirSync(dir).includes('owner.lock') && lockHolder(join(dir, 'owner.lock')) === undefined;
}

/** Insists, because a server that was told to quit may still be writing. Blocks: exit handlers call it. */
function remove(dir: string): void {
  for (let tries = 100; tries > 0 && existsSync(dir); tries -= 1) {
    try {
      rmSync(dir, { recursive: true, force: true });
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
}
