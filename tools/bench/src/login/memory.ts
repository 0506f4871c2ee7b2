import { readFileSync } from 'node:fs';

/** VmRSS of proc_pid_status(5), in bytes. */
export function parseResident(status: string): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error('no VmRSS: the process has ended');
  return Number(kilobytes) * 1024;
}

/** Memory a process holds now, in bytes; undefined where there is no /proc. */
export const residentBytes = (pid: number): number | undefined =>
  process.platform === 'linux' ? parseResident(readFileSync(`/proc/${pid}/status`, 'latin1')) : undefined;
