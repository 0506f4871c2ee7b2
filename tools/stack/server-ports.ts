import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectFree, freePorts, isFree, parsePort } from './ports.ts';

const servers = ['postgres', 'nats', 'redis'] as const;
export type ServerPorts = Record<(typeof servers)[number], number>;

/**
 * Ports of the local servers: from POSTGRES_PORT, NATS_PORT and REDIS_PORT; else those of the last start, so that an address written
 * down somewhere stays true; else free ones.
 */
export async function serverPorts(dataDir: string, env: NodeJS.ProcessEnv): Promise<ServerPorts> {
  const file = join(dataDir, 'ports.json');
  const last = readPorts(file);
  const free = await freePorts(servers.length);
  const ports = {} as ServerPorts;
  for (const [index, name] of servers.entries()) {
    const variable = `${name.toUpperCase()}_PORT`;
    const given = env[variable] ? parsePort(env[variable], variable) : undefined;
    if (given !== undefined) await expectFree(name, given, variable);
    const before = last[name];
    ports[name] = given ?? (before !== undefined && (await isFree(before)) ? before : (free[index] as number));
  }
  writeFileSync(file, `${JSON.stringify(ports)}\n`);
  return ports;
}

function readPorts(file: string): Partial<ServerPorts> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Partial<ServerPorts>;
  } catch {
    return {};
  }
}
