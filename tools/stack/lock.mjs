// Plain JavaScript that Node 18 runs: the launcher needs it before there is a newer Node.
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What tells this process from every other that had or will have its pid: when the kernel started it.
 * `undefined` when no such process runs; a zombie does not run.
 */
export function processIdentity(pid) {
  if (!Number.isInteger(pid) || pid < 1) return undefined;
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The second field is the program's name in parentheses and may hold spaces: count from behind it.
      const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const startTicks = rest[18];
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      return state === 'Z' ? undefined : `${boot} ${startTicks}`;
    }
    const ps = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return ps.stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Who holds the lock at `path`: `{pid, identity, note}` of a living process, else `undefined`. */
export function lockHolder(path) {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8'));
    return processIdentity(holder.pid) === holder.identity ? holder : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Takes the lock file if nobody alive holds it; the answer says whether it did. The lock of a killed process counts as free.
 * The file appears with its content in one step (a hard link), so a reader never sees half of it.
 */
export function tryLock(path, note = '') {
  mkdirSync(dirname(path), { recursive: true });
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid), note }));
  try {
    return link(mine, path) || (lockHolder(path) === undefined && replaceStale(mine, path));
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Waits for the lock, calls `work`, frees the lock. `waiting` is called once if somebody else holds it. */
export async function withLock(path, work, waiting = () => {}) {
  for (let round = 0; !tryLock(path); round += 1) {
    if (round === 0) waiting(lockHolder(path));
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/**
 * Two processes may find the same stale lock. Only the one that holds the guard removes it, after a second look: without the guard the
 * slower one would remove the lock the faster one has just taken.
 */
function replaceStale(mine, path) {
  const guard = `${path}.guard`;
  if (!link(mine, guard)) {
    if (isOlderThan(guard, 10_000)) rmSync(guard, { force: true });
    return false;
  }
  try {
    if (lockHolder(path) !== undefined) return false;
    rmSync(path, { force: true });
    return link(mine, path);
  } finally {
    rmSync(guard, { force: true });
  }
}

function link(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isOlderThan(path, ms) {
  try {
    return Date.now() - statSync(path).mtimeMs > ms;
  } catch {
    return false;
  }
}
