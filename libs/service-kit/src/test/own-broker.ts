import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { natsUrl } from './broker.js';

// In a process of its own: the stack tool lies above this floor, so it is run here and never imported.
const program = `
const { start } = await import(process.argv[1]);
const { url, pid } = await start(JSON.parse(process.argv[2]));
console.log(JSON.stringify({ url, pid }));
process.exit();
`;
const natsModule = pathToFileURL(join(import.meta.dirname, '../../../../tools/stack/servers/nats.ts')).href;

/** A real broker that a test may kill, stop, and start again with or without what it had stored. */
export class OwnBroker {
  readonly #dirs: string[] = [];
  #pid = 0;
  url = '';

  private constructor(private readonly passwords: Readonly<Record<string, string>>) {}

  static async start(): Promise<OwnBroker> {
    // The users and passwords of the shared broker, so that everything else of a test stays as it is.
    const broker = new OwnBroker(JSON.parse(process.env['TEST_NATS_PASSWORDS'] ?? '{}') as Record<string, string>);
    if (!natsUrl()) throw new Error('the tests run without servers');
    await broker.startAgain({ empty: true });
    return broker;
  }

  /** At the same address; with an empty disk, or with the one it had. */
  async startAgain({ empty }: { empty: boolean }): Promise<void> {
    if (empty) this.#dirs.push(mkdtempSync(join(tmpdir(), 'tenantry-broker-')));
    const options = {
      dir: join(this.#dirs.at(-1) ?? '', 'nats'),
      passwords: this.passwords,
      ...(this.url ? { port: Number(new URL(this.url).port) } : {}),
    };
    const starter = spawn(
      process.execPath,
      ['--input-type=module', '-e', program, natsModule, JSON.stringify(options)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let said = '';
    starter.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()));
    await once(starter, 'close');
    const { url, pid } = JSON.parse(said) as { url: string; pid: number };
    this.#pid = pid;
    this.url = url;
  }

  signal(name: NodeJS.Signals): void {
    process.kill(this.#pid, name);
  }

  remove(): void {
    try {
      this.signal('SIGKILL');
    } catch {
      // It is gone already.
    }
    for (const dir of this.#dirs) rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}
