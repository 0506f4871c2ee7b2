import { spawnSync } from 'node:child_process';
import { cachedServer, fillCache } from './apt-cache.ts';
import { containerEngine, containerRun } from './container.ts';

export interface Wanted {
  /** The program's file name. */
  name: string;
  title: string;
  /** Names a server that runs elsewhere. */
  variable: string;
  minimum: [major: number, minor: number];
  /** Debian packages; the first has the program, the libraries the others need come along. */
  packages: string[];
  image: string;
  imagePort: number;
}

export interface Invocation {
  port: number;
  env: NodeJS.ProcessEnv;
  args: string[];
  container: { args: string[]; mounts: string[] };
}

export interface Run {
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  prepare?(): Promise<void>;
}

export interface Found {
  inContainer: boolean;
  run(invocation: Invocation): Run;
}

export interface Binary {
  path: string;
  env: NodeJS.ProcessEnv;
}

/** A fit server program: on PATH, in the cache, from a Debian mirror, or in a container. Raises naming the ways when there is none. */
export async function findServer(wanted: Wanted, report: (text: string) => void): Promise<Found> {
  const onPath: Binary = { path: wanted.name, env: {} };
  if (isFit(onPath, wanted)) return binary(onPath);
  const cached = cachedServer(wanted);
  if (cached) return binary(cached);
  report(`${wanted.title} is not on this machine: downloading it`);
  const downloaded = await fillCache(wanted, report);
  if ('path' in downloaded) return binary(downloaded);
  const engine = containerEngine();
  if (engine) return { inContainer: true, run: (invocation) => containerRun(engine, wanted, invocation) };
  const [major, minor] = wanted.minimum;
  throw new Error(
    `found no ${wanted.title} ${major}.${minor} or newer. Ways to give one: set ${wanted.variable} to a running server; put ${wanted.name} ` +
      `${major}.${minor} or newer on PATH; a machine with apt-get and a Debian or Ubuntu mirror it can reach (${downloaded.why}); a container engine (docker info does not answer)`,
  );
}

/** Whether the program runs here and is new enough. */
export function isFit({ path, env }: Binary, { minimum: [major, minor] }: Wanted): boolean {
  const asked = spawnSync(path, ['--version'], { env: { ...process.env, ...env }, encoding: 'utf8', timeout: 10_000 });
  const version = /v=?(\d+)\.(\d+)/.exec(asked.stdout ?? '');
  if (asked.status !== 0 || !version) return false;
  const [, foundMajor, foundMinor] = version.map(Number) as [number, number, number];
  return foundMajor > major || (foundMajor === major && foundMinor >= minor);
}

function binary({ path, env }: Binary): Found {
  return {
    inContainer: false,
    run: (invocation) => ({
      command: path,
      args: invocation.args,
      env: { PATH: process.env.PATH, ...env, ...invocation.env },
    }),
  };
}
