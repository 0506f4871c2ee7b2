import { cpus } from 'node:os';
import { readdirSync, readFileSync } from 'node:fs';

/** The kernel counts in hundredths of a second on every Linux there is (USER_HZ), whatever its own clock. */
const usPerTick = 10_000;

interface Times {
  readonly parent: number;
  /** Its own, and that of children which ended and were waited for. */
  readonly us: number;
}

/** Fields of proc_pid_stat(5), read from behind the name: it stands in parentheses and may hold anything. */
export function parseStat(stat: string): Times {
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [, parent = 0] = fields;
  const ticks = fields.slice(11, 15).reduce((sum, each) => sum + each, 0);
  return { parent, us: ticks * usPerTick };
}

function readAll(): Map<number, Times> {
  const all = new Map<number, Times>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      all.set(pid, parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1')));
    } catch {
      // Ended while we looked: its parent has its time by now.
    }
  }
  return all;
}

/**
 * CPU time, user and kernel, that each of these processes has used together with all below it, in microseconds. Taken before and after a
 * round; a child that ends in between is not lost, since its time goes to the parent that waits for it. Undefined where there is no /proc.
 */
export function cpuTimesUs(roots: readonly number[]): number[] | undefined {
  if (process.platform !== 'linux') return undefined;
  const all = readAll();
  const rootOf = (pid: number): number | undefined => {
    if (roots.includes(pid)) return pid;
    const parent = all.get(pid)?.parent ?? 0;
    return parent > 1 ? rootOf(parent) : undefined;
  };
  const sums = new Map(roots.map((root) => [root, 0]));
  for (const [pid, { us }] of all) {
    const root = rootOf(pid);
    if (root !== undefined) sums.set(root, (sums.get(root) ?? 0) + us);
  }
  return roots.map((root) => sums.get(root) ?? 0);
}

/** Of all cores since the machine started, in microseconds. */
export function machineTimeUs(): { busy: number; total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    for (const ms of Object.values(times)) total += ms;
  }
  return { busy: (total - idle) * 1000, total: total * 1000 };
}
