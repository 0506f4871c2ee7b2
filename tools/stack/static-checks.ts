import { join } from 'node:path';
import { run } from './run.ts';

/** Format, lint rules and types of the whole repository; true when all hold. */
export async function checkStatically(root: string): Promise<boolean> {
  const program = (name: string) => join(root, 'node_modules/.bin', name);
  const format = await run(program('prettier'), ['--check', '--log-level=warn', root]);
  const projects = await run(program('nx'), ['run-many', '-t', 'lint', 'typecheck'], { NX_DAEMON: 'false' });
  return format === 0 && projects === 0;
}
