// The door of every root script. Runs on any Node from 18 on and brings the rest: dependencies, Node 24, a build; then the verb itself.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './launch/build.mjs';
import { ensureDependencies } from './launch/dependencies.mjs';
import { findNode } from './launch/node.mjs';
import { withLock } from './lock.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const builtFirst = ['start', 'test', 'bench', 'tenants'];
const verbs = [...builtFirst, 'check'];

try {
  const [verb, ...args] = process.argv.slice(2);
  if (!verbs.includes(verb)) throw new Error(`usage: node tools/stack/launch.mjs ${verbs.join('|')} [arguments]`);
  // npm start beside npm test in one checkout: the second waits instead of writing the same files.
  const node = await withLock(join(root, '.nx/launch.lock'), () => provide(verb, args), explainWait);
  runVerb(node, verb, args);
} catch (error) {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}

async function provide(verb, args) {
  await ensureDependencies(root);
  const node = findNode(root);
  if (!builtFirst.includes(verb)) return node;
  const isBuilt = await build(root, node);
  // A part of the tests reads sources: what does not compile elsewhere is no reason to refuse it.
  const isPartOfTests = verb === 'test' && args.length > 0;
  if (!isBuilt && !isPartOfTests) throw new Error(`the build failed; npm run ${verb} did not begin`);
  return node;
}

function explainWait(holder) {
  console.error(`waiting for another launch (pid ${holder?.pid}) that installs or builds in this folder`);
}

/**
 * In a process group of its own, so that a signal reaches it exactly once: Ctrl-C in a terminal signals every process of the
 * foreground group, and npm passes on what it gets as well. The channel tells the verb when this process was killed.
 */
function runVerb(node, verb, args) {
  const path = [dirname(node), join(root, 'node_modules/.bin'), process.env.PATH].join(':');
  const script = join(root, 'tools/stack', `${verb}.ts`);
  if (!existsSync(script)) throw new Error(`${script} is missing`);
  const settings = existsSync(join(root, '.env')) ? ['--env-file=.env'] : [];
  const child = spawn(node, [...settings, script, ...args], {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
  let passedOn = false;
  const passOn = (signal) => {
    if (!passedOn && child.pid) process.kill(-child.pid, signal);
    passedOn = true;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => passOn(signal));
  watchNpm(() => passOn('SIGTERM'));
  child.on('error', (error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}

/** Between npm and this process may stand a shell, which dies of the signal npm passes on and tells nobody. */
function watchNpm(gone) {
  const parent = process.ppid;
  if (!process.env.npm_lifecycle_event) return;
  const timer = setInterval(() => process.ppid !== parent && gone(), 250);
  timer.unref();
}
