import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { progress } from './progress.mjs';

/** Compiles what changed; false when something does not compile, which is then on the terminal. */
export async function build(root, node) {
  const step = progress('build (tsc -b)');
  const code = await new Promise((resolve, reject) => {
    const args = [
      join(root, 'node_modules/typescript/bin/tsc'),
      '-b',
      '--pretty',
      String(Boolean(process.stdout.isTTY)),
    ];
    const child = spawn(node, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (bytes) => (output += bytes));
    child.on('error', reject);
    child.on('close', (exitCode) => {
      if (exitCode !== 0) step.fail(output);
      resolve(exitCode);
    });
  });
  if (code === 0) step.done();
  return code === 0;
}
