import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** Runs a command in this terminal and answers its exit code. A signal to the group reaches it by itself: this waits for its end. */
export async function run(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const wait = () => {};
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, wait);
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
  });
}
