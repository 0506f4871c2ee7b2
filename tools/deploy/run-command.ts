import { spawn, type ChildProcess, type SpawnOptionsWithoutStdio } from 'node:child_process';
import { once } from 'node:events';

/** A program that runs, or has run. */
export interface Running {
  readonly child: ChildProcess;
  /** All that it has said so far. */
  readonly output: () => string;
  /** Resolves with its code and signal once it has ended, and all that it said has been read: that may be later than its end. */
  readonly ended: Promise<[code: number | null, signal: NodeJS.Signals | null]>;
}

export function runCommand(command: string, args: readonly string[], options: SpawnOptionsWithoutStdio): Running {
  const child = spawn(command, args, options);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (text += bytes.toString()));
  return { child, output: () => text, ended: once(child, 'close') as Running['ended'] };
}
