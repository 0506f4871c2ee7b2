import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { handOver, type RunAs } from './postgres-user.ts';

export interface Initdb {
  binDir: string;
  as: RunAs;
  password: string;
  fsync: boolean;
}

/** Makes a data directory beside the empty `dir` and moves it there, so that one cut short is never taken for a good one. */
export function initialize(dir: string, { binDir, as, password, fsync }: Initdb): void {
  const making = join(dirname(dir), `.${basename(dir)}-initdb`);
  rmSync(making, { recursive: true, force: true });
  const data = join(making, 'data');
  const passwordFile = join(making, 'password');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(passwordFile, password, { mode: 0o600 });
    handOver(making, as.owner);
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const login = ['-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', passwordFile];
    const [command = '', ...args] = [...as.wrapper, join(binDir, 'initdb'), '-D', data, ...login, ...locale];
    if (!fsync) args.push('--no-sync');
    const made = spawnSync(command, args, { env: plainEnvironment(), uid: as.uid, gid: as.gid, encoding: 'utf8' });
    if (made.status !== 0)
      throw new Error(`initdb failed: ${made.error?.message ?? `${made.stdout}${made.stderr}`.trim()}`);
    rmdirSync(dir);
    renameSync(data, dir);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

/** No PG* variable or locale of the caller changes what a local server is. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: '/', LC_ALL: 'C', TZ: 'UTC' };
}
