import { mkdirSync, readdirSync, renameSync, rmSync, statSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockHolder, tryLock } from './lock.mjs';

const largestLogBytes = 20 * 1024 * 1024;

/** A data directory that belongs to this process until `release`. */
export class DataDir {
  readonly path: string;
  readonly runDir: string;
  readonly logDir: string;

  private constructor(path: string) {
    this.path = path;
    this.runDir = join(path, 'run');
    this.logDir = join(path, 'log');
  }

  /** Raises when another living stack has it; waits for one that is stopping. */
  static async take(path: string, url: string, report: (text: string) => void): Promise<DataDir> {
    const dir = new DataDir(path);
    mkdirSync(dir.runDir, { recursive: true });
    mkdirSync(dir.logDir, { recursive: true });
    for (let waited = false; !tryLock(dir.#lock, url); waited = true) {
      const holder = lockHolder(dir.#lock);
      if (holder && !existsSync(dir.#stopping)) {
        throw new Error(
          `${path} is in use by another stack (pid ${holder.pid}, ${holder.note}); stop that one, or set TENANTRY_DATA (and PORT) for a second one beside it`,
        );
      }
      if (!waited) report(`waiting for the stack that is stopping (pid ${holder?.pid})`);
      await sleep(200);
    }
    dir.#putLongLogsAside();
    return dir;
  }

  /** For those who look for a running stack from outside. */
  announce(url: string): void {
    const file = join(this.runDir, 'stack.json');
    writeFileSync(`${file}.new`, `${JSON.stringify({ url, pid: process.pid })}\n`);
    renameSync(`${file}.new`, file);
  }

  withdraw(): void {
    writeFileSync(this.#stopping, '');
    rmSync(join(this.runDir, 'stack.json'), { force: true });
  }

  release(): void {
    rmSync(this.#stopping, { force: true });
    rmSync(this.#lock, { force: true });
  }

  get #lock(): string {
    return join(this.runDir, 'stack.lock');
  }

  get #stopping(): string {
    return join(this.runDir, 'stopping');
  }

  #putLongLogsAside(): void {
    rmSync(this.#stopping, { force: true });
    for (const file of readdirSync(this.logDir).filter((name) => name.endsWith('.log'))) {
      const log = join(this.logDir, file);
      if (statSync(log).size > largestLogBytes) renameSync(log, `${log}.old`);
    }
  }
}
