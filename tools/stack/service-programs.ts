import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from './ports.ts';
import type { Program } from './program.ts';
import { serviceEnvironment, serviceNames, type Instance, type ServiceName, type Surroundings } from './services.ts';

/** Every process of every service, each with its ports: gateways from `port` on, upwards. */
export async function instances(scale: Record<ServiceName, number>, port: number): Promise<Instance[]> {
  const all = serviceNames.flatMap((service) =>
    Array.from({ length: scale[service] }, (_, index) => ({
      service,
      name: index === 0 ? service : `${service}-${index + 1}`,
      ...(service === 'gateway' ? { port: port + index } : {}),
    })),
  );
  const healthPorts = await freePorts(all.length);
  return all.map((instance, index) => ({ ...instance, healthPort: healthPorts[index] as number }));
}

/**
 * As the image's. V8 lets the space for what is new begin at 1 MB and grow, or not: a process that was unlucky collects it four times as often
 * for as long as it lives (docs/performance.md). Not one of the flags that NODE_OPTIONS takes.
 */
const nodeFlags = ['--min-semi-space-size=16'];

export function serviceProgram(root: string, instance: Instance, around: Surroundings): Program {
  const main = join(root, 'apps', instance.service, 'dist/main.js');
  if (!existsSync(main)) throw new Error(`${main} is missing: the build makes it (npm start builds first)`);
  return {
    name: instance.name,
    command: process.execPath,
    args: [...nodeFlags, main],
    env: serviceEnvironment(instance, around),
    cwd: root,
    // All of it stops: no gateway need wait until a load balancer has left it (SIGTERM).
    stopSignal: 'SIGINT',
    stopWithinMs: 15_000,
    readyWithinMs: 60_000,
    ready: () => isReady(instance.healthPort),
  };
}

async function isReady(healthPort: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${healthPort}/readyz`, { signal: AbortSignal.timeout(2_000) });
  await answer.body?.cancel();
  return answer.status === 200;
}
