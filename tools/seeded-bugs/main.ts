import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bugs, type SeededBug } from './bugs.ts';

const root = new URL('../..', import.meta.url).pathname;
const library = 'libs/tenant-connection';
const limitMs = 120_000;

/** A workspace with a copy of the library alone; all else is the real one. */
function copyOf(bug: SeededBug | undefined): string {
  const dir = mkdtempSync(join(tmpdir(), 'tenantry-seeded-bug-'));
  mkdirSync(join(dir, 'apps'));
  mkdirSync(join(dir, 'libs'));
  for (const name of ['package.json', 'jest.config.js', 'jest.setup.js']) cpSync(join(root, name), join(dir, name));
  for (const name of ['node_modules', 'tools']) symlinkSync(join(root, name), join(dir, name));
  for (const name of ['package.json', 'README.md', 'src']) {
    cpSync(join(root, library, name), join(dir, library, name), { recursive: true });
  }
  symlinkSync(join(root, library, 'node_modules'), join(dir, library, 'node_modules'));
  for (const { file, find, replace } of bug?.edits ?? []) {
    const path = join(dir, library, 'src', file);
    const parts = readFileSync(path, 'utf8').split(find);
    if (parts.length !== 2) throw new Error(`${bug?.name}: ${file} has ${parts.length - 1} places to patch, not one`);
    writeFileSync(path, parts.join(replace));
  }
  return dir;
}

/** The titles of the tests that failed; none if all passed. */
function failuresOf(bug: SeededBug | undefined, tests: string): string[] {
  const dir = copyOf(bug);
  try {
    const jest = join(root, 'node_modules/jest/bin/jest.js');
    const options = [
      '--json',
      '--silent',
      '--selectProjects',
      'tenant-connection',
      '--testPathPatterns',
      `src/(${tests})`,
    ];
    const { stdout } = spawnSync(process.execPath, ['--experimental-vm-modules', jest, ...options], {
      cwd: dir,
      encoding: 'utf8',
      timeout: limitMs,
      killSignal: 'SIGINT',
      // None of these tests needs the shared servers.
      env: { ...process.env, TEST_POSTGRES_URL: 'none', TEST_NATS_URL: 'none', TEST_REDIS_URL: 'none' },
    });
    if (!stdout.trim()) return [`no result within ${limitMs / 1000} s`];
    return titlesOf(JSON.parse(stdout) as JestResult);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

interface JestResult {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

function titlesOf({ testResults }: JestResult): string[] {
  if (testResults.length === 0) throw new Error('no test ran');
  return testResults.flatMap(({ message, assertionResults }) => {
    if (assertionResults.length === 0) throw new Error(message);
    return assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
  });
}

const all = [...new Set(bugs.flatMap(({ tests }) => tests.split('|')))].join('|');
const healthy = failuresOf(undefined, all);
if (healthy.length > 0) throw new Error(`the library fails without a bug: ${healthy.join('; ')}`);
process.stdout.write(`without a bug: ${all} pass\n`);

for (const bug of bugs) {
  const failures = failuresOf(bug, bug.tests);
  const verdict = failures.length > 0 ? `noticed by: ${failures[0]}` : 'NOT NOTICED';
  process.stdout.write(`${bug.name}: ${verdict}${failures.length > 1 ? ` (and ${failures.length - 1} more)` : ''}\n`);
  if (failures.length === 0) process.exitCode = 1;
}
