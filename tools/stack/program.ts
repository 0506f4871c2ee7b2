import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Command {
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  uid?: number | undefined;
  gid?: number | undefined;
  cwd?: string;
}

/** A program to run, and how to know that it serves. */
export interface Program extends Command {
  name: string;
  /** Asks it to leave cleanly; SIGKILL follows after `stopWithinMs`. */
  stopSignal: NodeJS.Signals;
  stopWithinMs: number;
  /** Makes it leave at once, for those who cannot wait; default SIGKILL. */
  quitSignal?: NodeJS.Signals;
  readyWithinMs: number;
  /** Called before every start, also before a restart. */
  prepare?(): Promise<void>;
  /** True once it serves. Asked again and again; may raise instead of answering false. */
  ready(): Promise<boolean>;
}

/** A server others connect to: one this stack runs (`program`), or one that runs elsewhere. */
export interface Server {
  url: string;
  program?: Program;
}

export interface Spawned {
  child: ChildProcess;
  /** Where in the log file this process begins to write. */
  logStart: number;
}

/**
 * Starts it in a process group of its own: Ctrl-C in a terminal signals the whole group, and servers must outlive the services that
 * use them. Output goes straight to the file, so that neither side notices when the launcher dies.
 */
export function spawnProgram(program: Command, logFile: string): Spawned {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  try {
    const logStart = fstatSync(log).size;
    const { command, args, env, uid, gid, cwd } = program;
    const child = spawn(command, args, { env, uid, gid, cwd, detached: true, stdio: ['ignore', log, log] });
    return { child, logStart };
  } finally {
    closeSync(log);
  }
}

/** The last lines a process wrote. */
export function logEnd(logFile: string, from = 0, lines = 20): string {
  const bytesRead = 16_384;
  let log: number | undefined;
  try {
    log = openSync(logFile, 'r');
    const { size } = fstatSync(log);
    const start = Math.max(from, size - bytesRead);
    const buffer = Buffer.alloc(Math.max(0, size - start));
    readSync(log, buffer, 0, buffer.length, start);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  } finally {
    if (log !== undefined) closeSync(log);
  }
}

/** Resolves when the child is gone: asked by its signal first, killed when it takes too long. */
export async function endChild(
  child: ChildProcess,
  program: Pick<Program, 'stopSignal' | 'stopWithinMs'>,
): Promise<void> {
  if (hasEnded(child)) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(program.stopSignal);
  const patience = new AbortController();
  const late = sleep(program.stopWithinMs, 'late', { signal: patience.signal }).catch(() => 'ended');
  if ((await Promise.race([ended, late])) === 'late') child.kill('SIGKILL');
  await ended;
  patience.abort();
}

export function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}
