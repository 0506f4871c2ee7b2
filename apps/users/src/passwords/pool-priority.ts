import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

const threads = '/proc/self/task';
/** How nice this session is as a whole, where the kernel shares time out by session first (sched(7), "The autogroup feature"). */
const autogroup = '/proc/self/autogroup';
/** As libuv names the threads of its pool, since 1.50. */
const poolThread = 'libuv-worker';
/** Half the niceness there is: of two that want one core, who hashes has a tenth of it. */
const niceness = 10;

/**
 * Lets everybody else go first: the threads of libuv's pool, which hash, get the time that serving requests leaves over. Name look-ups and files
 * are on the same threads and wait with them. They start with the first piece of work; before that there are none.
 *
 * On Linux a priority is the thread's own (setpriority(2), NOTES). Elsewhere it is the whole process's, and is left as it is.
 *
 * Outside containers Linux may share time out by session first, and a thread is then only nice to its own: who leads a session of its own, as every
 * service does that is started as one, lowers that as well. Serving waits with it, which is what a flood of logins is to do.
 *
 * @returns how many threads there are.
 */
export function lowerPool(): number {
  if (process.platform !== 'linux') return 0;
  const pool = readdirSync(threads).filter((id) => readFileSync(`${threads}/${id}/comm`, 'utf8').trim() === poolThread);
  // Never less nice than they are: nobody but root may do that.
  for (const id of pool) setPriority(Number(id), Math.max(getPriority(Number(id)), niceness));
  if (pool.length > 0 && existsSync(autogroup) && leadsItsSession()) lowerSession();
  return pool.length;
}

/** The kernel lets only root do it at any time, all others together ten times a second (EAGAIN), and /proc may be read-only: no login fails for that. */
function lowerSession(): void {
  try {
    writeFileSync(autogroup, String(niceness));
  } catch {
    // Then the threads are nice to their own session alone.
  }
}

/** Else its session is somebody's: a terminal's, with all that runs there. Field 6 of stat (proc(5)) is the session's leader. */
function leadsItsSession(): boolean {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]) === process.pid;
}
