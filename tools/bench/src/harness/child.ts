import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const readyWithinMs = 30_000;
const leaveWithinMs = 5000;

/** A process of the bench: started with an IPC channel, says `ready` on it, answers one question at a time, ends with the run. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #file: string;

  private constructor(file: string, child: ChildProcess) {
    this.#file = file;
    this.#process = child;
  }

  /**
   * Runs `file` (of this package's `src`, such as `nats/raw-asker.ts`) and waits until it is ready.
   * @param env what it reads, beside PATH and NODE_OPTIONS.
   */
  static async start(owned: AsyncDisposableStack, file: string, env: NodeJS.ProcessEnv): Promise<Child> {
    const path = new URL(`../${file}`, import.meta.url).pathname;
    const { PATH, NODE_OPTIONS } = process.env;
    const spawned = spawn(process.execPath, [path], {
      env: { PATH, ...(NODE_OPTIONS ? { NODE_OPTIONS } : {}), ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    // Owned before it is ready: a run that is ended meanwhile ends it too.
    const child = owned.use(new Child(file, spawned));
    await child.#answer(readyWithinMs);
    return child;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  async ask<Answer>(question: object, withinMs: number): Promise<Answer> {
    const answer = this.#answer(withinMs);
    this.#process.send(question);
    return (await answer) as Answer;
  }

  /** The channel's end is the sign to leave: it also comes when this process is killed. */
  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    if (child.connected) child.disconnect();
    const patience = new AbortController();
    const late = sleep(leaveWithinMs, 'late', { signal: patience.signal }).catch(() => '');
    if ((await Promise.race([ended, late])) === 'late') child.kill('SIGKILL');
    await ended;
    patience.abort();
  }

  async #answer(withinMs: number): Promise<unknown> {
    const child = this.#process;
    const over = new AbortController();
    const { signal } = over;
    try {
      return await Promise.race([
        once(child, 'message', { signal }).then(([answer]) => {
          if (isFailure(answer)) throw new Error(`${this.#file}: ${answer.failure}`);
          return answer as unknown;
        }),
        once(child, 'exit', { signal }).then(([code, by]) => {
          throw new Error(`${this.#file} ended (${String(by ?? `exit code ${String(code)}`)})`);
        }),
        sleep(withinMs, undefined, { signal }).then(() => {
          throw new Error(`${this.#file} did not answer within ${withinMs / 1000} s`);
        }),
      ]);
    } finally {
      over.abort();
    }
  }
}

const isFailure = (answer: unknown): answer is { failure: string } =>
  typeof answer === 'object' && answer !== null && 'failure' in answer;
