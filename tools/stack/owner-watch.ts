import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * Ends `child` when this process is gone, however it went. A shell waits for the end of a pipe whose other end nobody but us holds; the
 * kernel closes that for whom SIGKILL has met, on macOS as on Linux (whose PR_SET_PDEATHSIG macOS lacks, and which a change of user clears).
 */
export function endWithUs(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  const script = 'read -r nothing; kill -s "$1" "$2"';
  const shell = spawn('/bin/sh', ['-c', script, 'owner-watch', signal.replace('SIG', ''), String(child.pid)], {
    // A group of its own: what ends ours must not end it first.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Before its pid can be another's.
  child.once('exit', () => shell.kill('SIGKILL'));
  shell.unref();
  (shell.stdin as Socket).unref();
}
