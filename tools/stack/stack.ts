import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap, bootstrapCluster } from './bootstrap.ts';
import { firstCluster, registerClusters } from './clusters.ts';
import { Crew } from './crew.ts';
import { DataDir } from './data-dir.ts';
import { makeDemoTenants } from './demo.ts';
import { endLeftovers } from './leftovers.ts';
import { migrate } from './migrate.ts';
import type { StackOptions } from './options.ts';
import { expectFree } from './ports.ts';
import { keepSecrets, loadSecrets } from './secrets.ts';
import { prepareServers } from './servers.ts';
import { instances, serviceProgram } from './service-programs.ts';
import type { Instance, Surroundings } from './services.ts';

export interface Stack {
  /** Of the first gateway. */
  url: string;
  operatorKey: string;
  /** The registry's names of where tenants can live. */
  clusters: string[];
  /** The process that has this name now: `postgres`, `products-2`, ... */
  pid(name: string): number | undefined;
  stop(): Promise<void>;
}

/** Starts servers and services and resolves when all of it serves. Whatever goes wrong, nothing is left running. */
export async function startStack(options: StackOptions, cancel = new AbortController().signal): Promise<Stack> {
  const url = `http://localhost:${options.port}`;
  const dataDir = await DataDir.take(options.dataDir, url, options.report);
  const { logDir, runDir } = dataDir;
  const crew = new Crew({ logDir, runDir, restartAfterMs: options.restartAfterMs, report: options.report });
  const stop = async () => {
    dataDir.withdraw();
    await crew.stop();
    dataDir.release();
  };
  try {
    await clearTheWay(options, dataDir);
    const { secrets, clusters } = await unlessCancelled(cancel, bringUp(options, dataDir, crew, cancel));
    dataDir.announce(url);
    return { url, operatorKey: secrets.operatorKey, clusters, pid: (name) => crew.pid(name), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function clearTheWay({ scale, port, report }: StackOptions, { runDir }: DataDir): Promise<void> {
  const ended = await endLeftovers(runDir);
  if (ended.length > 0) report(`ended what an earlier stack had left running: ${ended.join(', ')}`);
  for (let index = 0; index < scale.gateway; index += 1) {
    await expectFree(index === 0 ? 'gateway' : `gateway-${index + 1}`, port + index, 'PORT');
  }
}

async function bringUp(
  options: StackOptions,
  { path }: DataDir,
  crew: Crew,
  cancel: AbortSignal,
): Promise<Surroundings & Pick<Stack, 'clusters'>> {
  const { root, env, step } = options;
  const secrets = loadSecrets(path, env);
  const { urls, clusters } = await step('servers: PostgreSQL, NATS, Redis', async () => {
    const servers = await prepareServers(path, secrets, options);
    cancel.throwIfAborted();
    await crew.start(servers.programs);
    return servers;
  });
  cancel.throwIfAborted();
  const around: Surroundings = { urls, secrets, env, dataDir: path };
  await step('databases and migrations', async () => {
    await bootstrap(urls.postgres, secrets.roles);
    await Promise.all(Object.values(clusters).map((url) => bootstrapCluster(url, secrets.roles)));
    await Promise.all((['tenant-registry', 'auth'] as const).map((service) => migrate(root, path, service, around)));
  });
  cancel.throwIfAborted();
  const all = await instances(options.scale, options.port);
  rememberInternalPorts(path, all);
  await step(`services: ${all.map(({ name }) => name).join(', ')}`, () =>
    crew.start(all.map((one) => serviceProgram(root, one, around))),
  );
  cancel.throwIfAborted();
  keepSecrets(path, secrets);
  const asOperator = { url: `http://127.0.0.1:${options.port}`, operatorKey: secrets.operatorKey };
  const names = [firstCluster, ...(await registerClusters(asOperator, clusters, secrets))];
  if (options.demo) await step('demo tenants', () => makeDemoTenants(asOperator, names));
  return { ...around, clusters: names };
}

/** Where each process shows its probes and metrics, for those who watch the stack from outside. */
function rememberInternalPorts(dataDir: string, all: readonly Instance[]): void {
  const ports = Object.fromEntries(all.map(({ name, healthPort }) => [name, healthPort]));
  writeFileSync(join(dataDir, 'internal-ports.json'), `${JSON.stringify(ports, null, 2)}\n`);
}

function unlessCancelled<T>(cancel: AbortSignal, work: Promise<T>): Promise<T> {
  const cancelled = new Promise<never>((_, reject) => {
    const refuse = () => reject(cancel.reason as Error);
    if (cancel.aborted) refuse();
    else cancel.addEventListener('abort', refuse, { once: true });
  });
  return Promise.race([work, cancelled]);
}
