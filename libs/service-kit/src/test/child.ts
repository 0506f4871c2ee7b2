import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '@tenantry/testing';
import { natsPassword, natsUrl } from './broker.js';
import { ownMessages, ownWord, type OwnMessages } from './products.js';

interface Options {
  readonly url?: string;
  readonly password?: string;
  readonly workMs?: number;
  readonly environment?: NodeJS.ProcessEnv;
}

/** `small-service.ts` in a process of its own. */
export class Child {
  readonly said: string[] = [];
  readonly #log: string[] = [];
  #errors = '';

  private constructor(
    readonly messages: OwnMessages,
    readonly process: ChildProcess,
    private readonly probes: string,
  ) {
    process.stdout?.on('data', (bytes: Buffer) => {
      for (const line of bytes.toString().split('\n').filter(Boolean))
        (line.startsWith('{') ? this.#log : this.said).push(line);
    });
    process.stderr?.on('data', (bytes: Buffer) => (this.#errors += bytes.toString()));
  }

  static async spawn({ url, password, workMs = 0, environment = {} }: Options = {}): Promise<Child> {
    const word = ownWord();
    const port = await freePorts();
    const child = spawn(
      process.execPath,
      [
        '--conditions=@tenantry/source',
        '--import',
        join(import.meta.dirname, 'run-source.mjs'),
        join(import.meta.dirname, 'small-service.ts'),
      ],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          PATH: process.env['PATH'],
          NODE_ENV: 'test',
          LOG_LEVEL: 'warn',
          NATS_URL: url ?? natsUrl(),
          NATS_USER: 'products',
          NATS_PASSWORD: password ?? natsPassword('products'),
          HEALTH_PORT: String(port),
          MESSAGES_WORD: word,
          WORK_MS: String(workMs),
          ...environment,
        },
      },
    );
    return new Child(ownMessages(word), child, `http://127.0.0.1:${port}`);
  }

  static async ready(options?: Options): Promise<Child> {
    const child = await Child.spawn(options);
    if (await child.becomes('readyz', 200)) return child;
    const what = [child.errors, ...child.#log].join('\n');
    await child.kill();
    throw new Error(`the service did not become ready: ${what}`);
  }

  /** What it wrote to stderr. */
  get errors(): string {
    return this.#errors;
  }

  async probe(path: 'livez' | 'readyz'): Promise<number> {
    return fetch(`${this.probes}/${path}`).then(
      ({ status }) => status,
      () => 0,
    );
  }

  /** What it tells Prometheus. */
  async metrics(): Promise<string> {
    return (await fetch(`${this.probes}/metrics`)).text();
  }

  /** Whether a probe answers so within the time. */
  async becomes(path: 'livez' | 'readyz', status: number, withinMs = 15_000): Promise<boolean> {
    const deadline = performance.now() + withinMs;
    while (performance.now() < deadline && this.process.exitCode === null) {
      if ((await this.probe(path)) === status) return true;
      await sleep(50);
    }
    return false;
  }

  signal(name: NodeJS.Signals): void {
    this.process.kill(name);
  }

  /** The exit code, once it has ended. */
  async end(): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
    return this.process.exitCode;
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.end();
  }
}
