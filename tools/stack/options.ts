import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parsePort } from './ports.ts';
import { serviceNames, type ServiceName } from './services.ts';

/** What a stack is asked to be. */
export interface StackOptions {
  /** The checkout whose built services run. */
  root: string;
  /** Everything the stack writes. */
  dataDir: string;
  port: number;
  /** Processes of each service. */
  scale: Record<ServiceName, number>;
  /** PostgreSQL servers for tenants; those of earlier starts stay. */
  clusters: number;
  /** How long a dead process stays dead; 0: for good. */
  restartAfterMs: number;
  demo: boolean;
  /** Variables the services and servers take as they are. */
  env: NodeJS.ProcessEnv;
  /** Tells what happened. */
  report: (text: string) => void;
  /** Shows that a piece of work goes on, from its begin to its end. */
  step: <T>(title: string, work: () => Promise<T>) => Promise<T>;
}

export const usage = `npm start [-- <options>]

  --scale <service>=<n>[,...]  processes of each service (${serviceNames.join(', ')}); one of each unless said
  --clusters <n>               PostgreSQL servers for tenants, 1 to 9; those of earlier starts stay
  --help

The environment, or .env, has the rest: .env.example documents it.`;

/** Reads the environment and the arguments of `npm start`. Raises naming the variable or argument that is wrong. */
export function readOptions(
  root: string,
  args: string[],
  env: NodeJS.ProcessEnv,
): Omit<StackOptions, 'report' | 'step'> {
  const { values } = parseArgs({ args, options: { scale: { type: 'string' }, clusters: { type: 'string' } } });
  if (env.TENANTRY_LIMITS && env.NODE_ENV === 'production') {
    throw new Error('TENANTRY_LIMITS is for load tests and is refused where NODE_ENV=production');
  }
  return {
    root,
    dataDir: resolve(root, env.TENANTRY_DATA || '.data'),
    port: parsePort(env.PORT || '3000', 'PORT'),
    scale: parseScale(values.scale ?? ''),
    clusters: parseClusters(values.clusters ?? '1'),
    restartAfterMs: parseSeconds(env.TENANTRY_RESTART || '2', 'TENANTRY_RESTART') * 1000,
    demo: env.TENANTRY_DEMO !== '0',
    env,
  };
}

/** `2`: that many of each; `products=2,gateway=2`: of those, and one of the others; `2,auth=1` says both. */
export function parseScale(text: string): Record<ServiceName, number> {
  const [ofAll = '1', ...named] = /^[1-9]\d?(,|$)/.test(text) ? text.split(',') : ['1', ...text.split(',')];
  const scale = Object.fromEntries(serviceNames.map((name) => [name, Number(ofAll)])) as Record<ServiceName, number>;
  for (const part of named.filter(Boolean)) {
    const [, name = '', count = ''] = /^([a-z-]+)=([1-9]\d?)$/.exec(part) ?? [];
    if (!isService(name))
      throw new Error(
        `--scale ${part}: expected <1..99> or <service>=<1..99>, the service one of ${serviceNames.join(', ')}`,
      );
    scale[name] = Number(count);
  }
  return scale;
}

function parseClusters(text: string): number {
  if (!/^[1-9]$/.test(text)) throw new Error(`--clusters ${text}: expected a number from 1 to 9`);
  return Number(text);
}

function isService(name: string): name is ServiceName {
  return (serviceNames as readonly string[]).includes(name);
}

function parseSeconds(text: string, variable: string): number {
  const seconds = Number(text);
  if (!Number.isFinite(seconds) || seconds < 0) throw new Error(`${variable}=${text} is not a number of seconds`);
  return seconds;
}
