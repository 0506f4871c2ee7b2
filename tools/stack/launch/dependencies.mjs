import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { progress } from './progress.mjs';

/** Installs what package-lock.json names, unless it is there. */
export async function ensureDependencies(root) {
  const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const hash = createHash('sha256').update(lockText).digest('hex');
  const stamp = join(root, 'node_modules/.tenantry-installed');
  if (read(stamp) === hash) return;
  if (!isInstalled(JSON.parse(lockText), root)) await install(root);
  writeFileSync(stamp, hash);
}

/** Whether npm's own record says that it installed just these versions: somebody ran npm install by hand. */
function isInstalled(lock, root) {
  const record = read(join(root, 'node_modules/.package-lock.json'));
  if (record === undefined) return false;
  const installed = JSON.parse(record).packages;
  return Object.entries(lock.packages)
    .filter(([place]) => place.includes('node_modules/'))
    .every(([place, { version, optional, peer }]) => {
      const there = installed[place];
      return there ? there.version === version : optional === true || peer === true;
    });
}

async function install(root) {
  // Install scripts stay off: nothing here needs them, and an old npm would run all of them. NODE_ENV=production must not leave out tools.
  const flags = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--include=dev', '--include=optional'];
  const step = progress('dependencies (npm ci)');
  const { code, output } = await run(...npm(flags), root);
  if (code !== 0) {
    step.fail();
    throw new Error(
      `npm ci failed (exit code ${code}); the end of its output:\n${output.trim().split('\n').slice(-40).join('\n')}`,
    );
  }
  step.done();
}

/** The npm that runs this, if one does; else the one on PATH. */
function npm(args) {
  const script = process.env.npm_execpath;
  if (script && /npm-cli\.c?js$/.test(script))
    return [process.env.npm_node_execpath ?? process.execPath, [script, ...args]];
  return ['npm', args];
}

function run(command, args, cwd) {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (output += bytes));
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => resolve({ code, output }));
  });
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
