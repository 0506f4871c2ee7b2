import { type ChildProcess, spawn } from 'node:child_process';

/** What a program said, and what it ended with. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export const mainPath = new URL('../main.ts', import.meta.url).pathname;

/** Runs a program with its output piped. `meet` is given all that it says on stderr meanwhile. */
export function runProgram(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  meet: (child: ChildProcess, err: string) => void = () => undefined,
): Promise<Ran> {
  const child = spawn(command, args, { env: { PATH: process.env['PATH'], ...env } });
  let [out, err] = ['', ''];
  child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => {
    err += bytes.toString();
    meet(child, err);
  });
  return new Promise((resolve, reject) => child.on('error', reject).on('close', (code) => resolve({ code, out, err })));
}

// All that Node says of one: a program that makes a real one is not everywhere.
const terminal = 'data:text/javascript,Object.assign(process.stderr,{isTTY:true,columns:80,rows:24})';

/** Runs it with stdout piped, and stderr a terminal. */
export const runOnTerminal = (args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> =>
  runProgram(process.execPath, ['--import', terminal, mainPath, ...args], { ...env, TERM: 'xterm' });
