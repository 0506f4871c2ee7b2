import { spawnSync } from 'node:child_process';
import type { Invocation, Run, Wanted } from './binary.ts';

/** The command of a container engine that answers. */
export function containerEngine(): string | undefined {
  return ['docker', 'podman'].find(
    (engine) => spawnSync(engine, ['info'], { stdio: 'ignore', timeout: 10_000 }).status === 0,
  );
}

/** The engine's command line in the foreground stands for the server: it passes signals on and ends with the container. */
export function containerRun(engine: string, wanted: Wanted, { port, env, container }: Invocation): Run {
  const name = `tenantry-${wanted.name}-${port}`;
  const flags = ['run', '--rm', '--name', name, '-p', `127.0.0.1:${port}:${wanted.imagePort}`];
  for (const variable of Object.keys(env)) flags.push('-e', variable);
  for (const mount of container.mounts) flags.push('-v', mount);
  return {
    command: engine,
    args: [...flags, wanted.image, ...container.args],
    env: { ...process.env, ...env },
    // Whoever kills the command line leaves the container running under this name.
    prepare: async () => void spawnSync(engine, ['rm', '-f', name], { stdio: 'ignore', timeout: 30_000 }),
  };
}
