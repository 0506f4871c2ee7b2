import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

const threads = '/proc/self/task';
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
 * @returns how many threads there are.
 */
export function lowerPool(): number {
  if (process.platform !== 'linux') return 0;
  const pool = readdirSync(threads).filter((id) => readFileSync(`${threads}/${id}/comm`, 'utf8').trim() === poolThread);
  for (const id of pool) setPriority(Number(id), niceness);
  return pool.length;
}
