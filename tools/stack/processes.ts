import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The command a living process runs, its arguments joined by spaces; `undefined` when there is no such process. */
export function commandLine(pid: number): string | undefined {
  if (!Number.isInteger(pid) || pid < 1) return undefined;
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    const ps = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return ps.stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}
