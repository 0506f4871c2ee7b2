import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectFree, freePorts, isFree, parsePort } from './ports.ts';

const servers = ['postgres', 'nats', 'redis'] as const;
type ServerName = (typeof servers)[number];
export type ServerPorts = Record<ServerName, number> & Partial<Record<ClusterName, number>>;

/** A PostgreSQL server besides the first, for tenants only. */
export type ClusterName = `postgres-${number}`;

/** The servers besides the first: as many as are wanted, and those that an earlier start has made, since tenants may live there. */
export function furtherClusters(dataDir: string, wanted: number): ClusterName[] {
  const made = Object.keys(readPorts(portsFile(dataDir))).flatMap((name) => /^postgres-(\d)$/.exec(name)?.[1] ?? []);
  const last = Math.max(wanted, ...made.map(Number));
  return Array.from({ length: last - 1 }, (_, index): ClusterName => `postgres-${index + 2}`);
}

/**
 * Ports of the local servers: from POSTGRES_PORT, NATS_PORT and REDIS_PORT; else those of the last start, so that an address written
 * down somewhere stays true; else free ones. A further cluster keeps the port it has had, where the registry finds its tenants.
 */
export async function serverPorts(
  dataDir: string,
  env: NodeJS.ProcessEnv,
  clusters: readonly ClusterName[] = [],
): Promise<ServerPorts> {
  const file = portsFile(dataDir);
  const last = readPorts(file);
  const free = await freePorts(servers.length + clusters.length);
  const ports = {} as ServerPorts;
  for (const [index, name] of servers.entries()) {
    const variable = `${name.toUpperCase()}_PORT`;
    const given = env[variable] ? parsePort(env[variable], variable) : undefined;
    if (given !== undefined) await expectFree(name, given, variable);
    const before = last[name];
    ports[name] = given ?? (before !== undefined && (await isFree(before)) ? before : (free[index] as number));
  }
  for (const [index, name] of clusters.entries()) {
    const before = last[name];
    if (before !== undefined && !(await isFree(before)))
      throw new Error(`port ${before} of ${name} is taken by another program; its tenants are known there: free it`);
    ports[name] = before ?? free[servers.length + index];
  }
  writeFileSync(file, `${JSON.stringify(ports)}\n`);
  return ports;
}

const portsFile = (dataDir: string): string => join(dataDir, 'ports.json');

function readPorts(file: string): Partial<ServerPorts> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Partial<ServerPorts>;
  } catch {
    return {};
  }
}
