import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from './lock.mjs';

/**
 * Ends what a killed launcher left running, by the pid files in `runDir`. A pid is trusted only with the identity noted beside it: a pid
 * that another program has by now is left alone. Answers the names of what it ended.
 */
export async function endLeftovers(runDir: string): Promise<string[]> {
  const names = namesIn(runDir);
  const living = names.flatMap((name) => {
    const pid = Number(read(join(runDir, `${name}.pid`)));
    const identity = read(join(runDir, `${name}.identity`));
    return identity && processIdentity(pid) === identity ? [{ name, pid, identity }] : [];
  });
  // Servers last: services that still work want to finish with them.
  const servers = living.filter(({ name }) => /^(postgres(-\d)?|nats|redis)$/.test(name));
  const services = living.filter((process) => !servers.includes(process));
  await Promise.all(services.map((service) => end(service, 'SIGTERM')));
  await Promise.all(servers.map((server) => end(server, server.name.startsWith('postgres') ? 'SIGINT' : 'SIGTERM')));
  for (const name of names)
    for (const kind of ['pid', 'identity']) rmSync(join(runDir, `${name}.${kind}`), { force: true });
  return living.map(({ name }) => name);
}

async function end({ pid, identity }: { pid: number; identity: string }, signal: NodeJS.Signals): Promise<void> {
  const late = Date.now() + 15_000;
  process.kill(pid, signal);
  while (processIdentity(pid) === identity) {
    if (Date.now() > late) process.kill(pid, 'SIGKILL');
    await sleep(50);
  }
}

function namesIn(runDir: string): string[] {
  try {
    return readdirSync(runDir)
      .filter((file) => file.endsWith('.pid'))
      .map((file) => file.slice(0, -'.pid'.length));
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
