import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testServers } from './servers.js';

/** What is used here of tools/stack, which no library may import. */
interface Server {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
  killNow(): void;
}
interface Servers {
  start(options: { dir: string; passwords: Readonly<Record<string, string>>; port?: number }): Promise<Server>;
}
const serversPath = new URL('../../../tools/stack/servers/nats.ts', import.meta.url).pathname;

/** A real broker that a test may kill, stop, and start again with or without what it had stored. */
export class OwnBroker {
  readonly #dirs: string[] = [];
  #server!: Server;

  private constructor(private readonly passwords: Readonly<Record<string, string>>) {}

  static async start(): Promise<OwnBroker> {
    // The users and passwords of the shared broker, so that everything else of a test stays as it is.
    const broker = new OwnBroker(testServers().natsPasswords);
    await broker.#run({ empty: true });
    return broker;
  }

  get url(): string {
    return this.#server.url;
  }

  /** At the same address; with an empty disk, or with the one it had. */
  async startAgain({ empty }: { empty: boolean }): Promise<void> {
    // Whoever was killed has its port until it has ended.
    await this.#server.stop();
    await this.#run({ empty, port: Number(new URL(this.url).port) });
  }

  signal(name: NodeJS.Signals): void {
    process.kill(this.#server.pid, name);
  }

  /** By SIGKILL. */
  kill(): void {
    this.#server.killNow();
  }

  remove(): void {
    this.kill();
    for (const dir of this.#dirs) rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }

  async #run({ empty, port }: { empty: boolean; port?: number }): Promise<void> {
    if (empty) this.#dirs.push(mkdtempSync(join(tmpdir(), 'tenantry-broker-')));
    const servers = (await import(serversPath)) as Servers;
    const dir = join(this.#dirs.at(-1) ?? '', 'nats');
    this.#server = await servers.start({ dir, passwords: this.passwords, ...(port ? { port } : {}) });
  }
}
