import { cachedServer, fillCache } from './apt-cache.ts';
import { isFit, type Binary, type Invocation, type Run, type Wanted, type WantedProgram } from './binary.ts';
import { containerEngine, containerRun } from './container.ts';

export interface Found {
  inContainer: boolean;
  run(invocation: Invocation): Run;
}

/** A fit server program: on PATH, in the cache, from a Debian mirror, or in a container. Raises naming the ways when there is none. */
export async function findServer(wanted: Wanted, report: (text: string) => void): Promise<Found> {
  const found = await findBinary(wanted, report);
  if ('path' in found) return binary(found);
  const engine = containerEngine();
  if (engine) return { inContainer: true, run: (invocation) => containerRun(engine, wanted, invocation) };
  const [major, minor] = wanted.minimum;
  throw new Error(
    `found no ${wanted.title} ${major}.${minor} or newer. Ways to give one: set ${wanted.variable} to a running server; put ${wanted.name} ` +
      `${major}.${minor} or newer on PATH; a machine with apt-get and a Debian or Ubuntu mirror it can reach (${found.why}); a container engine (docker info does not answer)`,
  );
}

/** A fit program: on PATH, in the cache, or from a Debian mirror; or why there is none. */
export async function findBinary(
  wanted: WantedProgram,
  report: (text: string) => void,
): Promise<Binary | { why: string }> {
  const onPath: Binary = { path: wanted.name, env: {} };
  if (isFit(onPath, wanted)) return onPath;
  const cached = cachedServer(wanted);
  if (cached) return cached;
  report(`${wanted.title} is not on this machine: downloading it`);
  return fillCache(wanted, report);
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
