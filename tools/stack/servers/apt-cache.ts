import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Apt, machineSources } from './apt.ts';
import { sourcesFor, suitesFrom } from './apt-sources.ts';
import { cacheDir } from './cache.ts';
import { isFit, type Binary, type WantedProgram } from './binary.ts';

/** The server in the cache, when it is there and runs. */
export function cachedServer(wanted: WantedProgram): Binary | undefined {
  const binary = binaryIn(cacheHome(wanted), wanted);
  return binary && isFit(binary, wanted) ? binary : undefined;
}

/**
 * Downloads the server's Debian packages and unpacks them into the cache; installs nothing. Several runs may do this at once: each fills
 * a directory of its own, and the first one to finish gives it the name.
 */
export async function fillCache(
  wanted: WantedProgram,
  report: (text: string) => void,
): Promise<Binary | { why: string }> {
  mkdirSync(cacheDir(), { recursive: true });
  const filling = mkdtempSync(join(cacheDir(), `.${wanted.name}-`));
  try {
    const why = await unpackFit(wanted, filling, report);
    if (why) return { why };
    return settle(join(filling, 'root'), wanted) ?? { why: `what was downloaded to ${cacheHome(wanted)} does not run` };
  } finally {
    rmSync(filling, { recursive: true, force: true });
  }
}

/** Tries the suites in order; answers why none was fit, or nothing when one is in `filling`/root. */
async function unpackFit(
  wanted: WantedProgram,
  filling: string,
  report: (text: string) => void,
): Promise<string | undefined> {
  const osRelease = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const suites = suitesFrom(osRelease);
  const sources = suites.flatMap((suite) =>
    sourcesFor(suite, machineSources(), suites[0] ?? '').map((source) => ({ suite, source })),
  );
  const tries: string[] = [];
  for (const { suite, source } of sources) {
    const root = join(filling, 'root');
    rmSync(root, { recursive: true, force: true });
    try {
      const apt = new Apt(mkdtempSync(join(filling, 'apt-')));
      await apt.update(source);
      await apt.unpack(wanted.packages, root);
      const binary = binaryIn(root, wanted);
      if (binary && isFit(binary, wanted)) {
        report(`${wanted.title}: taken from the packages of ${suite}`);
        return undefined;
      }
      tries.push(`${suite}: too old, or does not run here`);
    } catch (error) {
      tries.push(`${suite}: ${(error as Error).message}`);
    }
  }
  return tries.join('; ') || 'this machine has no apt sources of a Debian or Ubuntu';
}

function settle(root: string, wanted: WantedProgram): Binary | undefined {
  for (let round = 0; round < 3; round += 1) {
    try {
      renameSync(root, cacheHome(wanted));
    } catch {
      // Somebody else's is there: as good as ours, unless it stopped running here (say, after an upgrade of the machine).
      if (!cachedServer(wanted)) removeAside(cacheHome(wanted));
    }
    const there = cachedServer(wanted);
    if (there) return there;
  }
  return undefined;
}

function removeAside(dir: string): void {
  const aside = mkdtempSync(join(cacheDir(), '.old-'));
  try {
    renameSync(dir, join(aside, 'old'));
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

function cacheHome(wanted: WantedProgram): string {
  return join(cacheDir(), `${wanted.name}-${process.arch}`);
}

function binaryIn(root: string, wanted: WantedProgram): Binary | undefined {
  const path = ['usr/bin', 'usr/sbin'].map((dir) => join(root, dir, wanted.name)).find((file) => existsSync(file));
  if (!path) return undefined;
  const libraries = [...globSync(join(root, 'usr/lib/*-linux-gnu*')), ...globSync(join(root, 'lib/*-linux-gnu*'))];
  return { path, env: libraries.length > 0 ? { LD_LIBRARY_PATH: libraries.join(':') } : {} };
}
