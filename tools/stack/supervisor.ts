import type { ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from './lock.mjs';
import { endWithUs } from './owner-watch.ts';
import { endChild, hasEnded, logEnd, spawnProgram, type Program } from './program.ts';

export interface SupervisorOptions {
  /** Directory of `<name>.log`. */
  logDir: string;
  /** Directory of `<name>.pid`; none is written without it. */
  runDir?: string | undefined;
  /** How long a dead process stays dead; 0: for good. */
  restartAfterMs: number;
  /** Whether it ends when this process is killed; else it goes on, for a later start to find. */
  endsWithUs?: boolean;
  report: (text: string) => void;
}

/**
 * Keeps one program running.
 * Invariant: at most one child lives at a time, and none is started once `stop` was called.
 */
export class Supervisor {
  readonly program: Program;
  readonly #options: SupervisorOptions;
  readonly #logFile: string;
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;
  #logStart = 0;

  constructor(program: Program, options: SupervisorOptions) {
    this.program = program;
    this.#options = options;
    this.#logFile = join(options.logDir, `${program.name}.log`);
  }

  get pid(): number | undefined {
    return this.#child && !hasEnded(this.#child) ? this.#child.pid : undefined;
  }

  /** Resolves when the program serves. Raises, with the end of its log, when it dies first or takes too long. */
  async start(): Promise<void> {
    await this.program.prepare?.();
    if (this.#stopping.signal.aborted) return;
    const child = this.#spawn();
    const late = Date.now() + this.program.readyWithinMs;
    while (!(await this.program.ready().catch(() => false)) || hasEnded(child)) {
      if (this.#stopping.signal.aborted) return;
      if (hasEnded(child)) throw new Error(this.#obituary('died while starting', child));
      if (Date.now() > late) {
        await endChild(child, this.program);
        throw new Error(
          `${this.program.name} was not ready within ${this.program.readyWithinMs / 1000} s${this.#quoteLog()}`,
        );
      }
      await sleep(50);
    }
    child.once('exit', () => void this.#revive(child));
    if (hasEnded(child)) void this.#revive(child);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#child) await endChild(this.#child, this.program);
    this.#forgetPid();
  }

  /** For handlers that cannot wait: nothing of it lives on. */
  killNow(): void {
    this.#stopping.abort();
    this.#child?.kill(this.program.quitSignal ?? 'SIGKILL');
    this.#forgetPid();
  }

  #spawn(): ChildProcess {
    const { child, logStart } = spawnProgram(this.program, this.#logFile);
    // A command that does not exist arrives as an event; `hasEnded` tells it by the missing pid.
    child.on('error', (error) => this.#options.report(`${this.program.name}: ${error.message}`));
    if (this.#options.endsWithUs) endWithUs(child, this.program.quitSignal ?? 'SIGKILL');
    this.#child = child;
    this.#logStart = logStart;
    this.#rememberPid(child.pid);
    return child;
  }

  async #revive(dead: ChildProcess): Promise<void> {
    if (dead !== this.#child || this.#stopping.signal.aborted) return;
    this.#child = undefined;
    this.#forgetPid();
    const { restartAfterMs, report } = this.#options;
    const plan = restartAfterMs > 0 ? `starting it again in ${restartAfterMs / 1000} s` : 'it stays dead';
    report(`${this.#obituary('died', dead)}\n${plan}`);
    while (restartAfterMs > 0 && (await this.#pause(restartAfterMs))) {
      try {
        await this.start();
        if (!this.#stopping.signal.aborted) report(`${this.program.name} is back`);
        return;
      } catch (error) {
        if (!this.#stopping.signal.aborted) report(`${(error as Error).message}\n${plan}`);
      }
    }
  }

  /** False when the pause was cut short by `stop`. */
  #pause(ms: number): Promise<boolean> {
    return sleep(ms, true, { signal: this.#stopping.signal }).catch(() => false);
  }

  #obituary(what: string, child: ChildProcess): string {
    const how = child.signalCode ?? (child.exitCode === null ? 'could not be started' : `exit code ${child.exitCode}`);
    return `${this.program.name} ${what} (${how})${this.#quoteLog()}`;
  }

  #quoteLog(): string {
    const end = logEnd(this.#logFile, this.#logStart);
    return end ? `; the end of ${this.#logFile}:\n${end.replace(/^/gm, '  | ')}` : `; ${this.#logFile} is empty`;
  }

  #rememberPid(pid: number | undefined): void {
    const { runDir } = this.#options;
    if (!runDir || pid === undefined) return;
    mkdirSync(runDir, { recursive: true });
    // The identity beside the pid is what a later start trusts before it ends a leftover.
    writeFileSync(join(runDir, `${this.program.name}.identity`), processIdentity(pid) ?? '');
    writeFileSync(join(runDir, `${this.program.name}.pid`), `${pid}\n`);
  }

  #forgetPid(): void {
    const { runDir } = this.#options;
    if (!runDir) return;
    for (const kind of ['pid', 'identity']) rmSync(join(runDir, `${this.program.name}.${kind}`), { force: true });
  }
}
