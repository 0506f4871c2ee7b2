import { spawnSync } from 'node:child_process';
import { chownSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** How to run a program that refuses root. */
export interface RunAs {
  /** Put before the command; empty: run it as it is. */
  wrapper: string[];
  uid?: number;
  gid?: number;
  /** Who must own the files it writes; undefined: whoever runs this. */
  owner?: number;
}

const nobody = 65534;

/**
 * Ways for root, the best first. A user namespace only renames root, so files need no new owner and any path stays reachable. Where
 * namespaces are forbidden (a container's default), another uid that keeps root's right to pass directories does the same; without that
 * right, a plain uid serves as long as every directory on the way is open to it.
 */
const waysForRoot: RunAs[] = [
  { wrapper: ['unshare', '--user', `--map-user=${nobody}`, `--map-group=${nobody}`] },
  {
    wrapper: [
      'setpriv',
      `--reuid=${nobody}`,
      `--regid=${nobody}`,
      '--clear-groups',
      '--inh-caps=+dac_override',
      '--ambient-caps=+dac_override',
    ],
    owner: nobody,
  },
  { wrapper: [], uid: nobody, gid: nobody, owner: nobody },
];

/** How to run PostgreSQL, which refuses root, on a directory inside `dir`. Each way is tried with the real program in the real place. */
export function runAs(binDir: string, dir: string, ways: RunAs[] = waysForRoot): RunAs {
  if (process.getuid?.() !== 0) return { wrapper: [] };
  const found = ways.find((way) => works(way, join(binDir, 'postgres'), dir));
  if (found) return found;
  throw new Error(
    `PostgreSQL refuses to run as root, and no other user can be taken here: neither unshare --user nor setpriv works, and user ${nobody} cannot read ` +
      `${binDir} or reach ${dir}. Run this as a user that is not root, or set POSTGRES_URL to a server that runs elsewhere`,
  );
}

/** Hands a directory and all in it to `owner`, when it is not theirs already. */
export function handOver(dir: string, owner: number | undefined): void {
  const wanted = owner ?? process.getuid?.();
  if (process.getuid?.() !== 0 || wanted === undefined || lstatSync(dir).uid === wanted) return;
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) chownSync(join(entry.parentPath, entry.name), wanted, wanted);
  }
  // The directory itself last: a run that is cut short does it all again.
  chownSync(dir, wanted, wanted);
}

function works({ wrapper, uid, gid }: RunAs, postgres: string, dir: string): boolean {
  const [command = '', ...args] = [...wrapper, 'sh', '-c', 'cd "$1" && exec "$0" --version', postgres, dir];
  return spawnSync(command, args, { uid, gid, stdio: 'ignore', timeout: 10_000 }).status === 0;
}
