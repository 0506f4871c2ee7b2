import { spawnSync } from 'node:child_process';

/** A program that Debian has. */
export interface WantedProgram {
  /** The program's file name. */
  name: string;
  title: string;
  minimum: [major: number, minor: number];
  /** Debian packages; the first has the program, the libraries the others need come along. */
  packages: string[];
}

export interface Wanted extends WantedProgram {
  /** Names a server that runs elsewhere. */
  variable: string;
  image: string;
  imagePort: number;
}

export interface Binary {
  path: string;
  env: NodeJS.ProcessEnv;
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

/** Whether the program runs here and is new enough. */
export function isFit({ path, env }: Binary, { minimum: [major, minor] }: WantedProgram): boolean {
  const asked = spawnSync(path, ['--version'], { env: { ...process.env, ...env }, encoding: 'utf8', timeout: 10_000 });
  const version = /v(?:=|ersion )?(\d+)\.(\d+)/.exec(asked.stdout ?? '');
  if (asked.status !== 0 || !version) return false;
  const [, foundMajor, foundMinor] = version.map(Number) as [number, number, number];
  return foundMajor > major || (foundMajor === major && foundMinor >= minor);
}
