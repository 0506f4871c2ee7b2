import { join } from 'node:path';
import { freePort } from '../ports.ts';
import type { Server } from '../program.ts';
import { Supervisor } from '../supervisor.ts';

export interface StartOptions {
  /** Where the server keeps what it stores. */
  dir: string;
  port: number;
}

/** For a caller that runs one server by itself, such as a test. */
export type Alone<Options extends StartOptions> = Omit<Options, 'port'> & {
  /** Default: a free one. */
  port?: number;
  /** Where `<name>.log` goes; default: beside `dir`. */
  logDir?: string;
  /** Where `<name>.pid` goes; default: nowhere. */
  runDir?: string;
};

export interface Started {
  url: string;
  pid: number;
  stop(): Promise<void>;
  /** For handlers that cannot wait. */
  killNow(): void;
}

/** Runs one server, without restarts. A free port may be taken between the look and the start, so a few are tried. */
export async function startServer<Options extends StartOptions>(
  prepare: (options: Options) => Promise<Required<Server>>,
  options: Alone<Options>,
): Promise<Started> {
  const tries = options.port === undefined ? 3 : 1;
  for (let round = 1; ; round += 1) {
    try {
      return await startOnce(prepare, options);
    } catch (error) {
      if (round >= tries) throw error;
    }
  }
}

async function startOnce<Options extends StartOptions>(
  prepare: (options: Options) => Promise<Required<Server>>,
  options: Alone<Options>,
): Promise<Started> {
  const port = options.port ?? (await freePort());
  const { url, program } = await prepare({ ...options, port } as unknown as Options);
  const supervisor = new Supervisor(program, {
    logDir: options.logDir ?? join(options.dir, '..'),
    runDir: options.runDir,
    restartAfterMs: 0,
    endsWithUs: true,
    report: (text) => process.stderr.write(`${text}\n`),
  });
  await supervisor.start();
  const { pid } = supervisor;
  if (pid === undefined) throw new Error(`${program.name} ended right after its start`);
  return { url, pid, stop: () => supervisor.stop(), killNow: () => supervisor.killNow() };
}
