import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCount } from './jest-count.ts';
import { run } from './run.ts';
import { checkStatically } from './static-checks.ts';

const root = process.cwd();
const jestArguments = process.argv.slice(2);

// A part of the tests is asked for while working: the checks of all would only be in the way.
const checked = jestArguments.length > 0 || (await checkStatically(root));
const scratch = mkdtempSync(join(tmpdir(), 'tenantry-jest-'));
try {
  const report = join(scratch, 'report.json');
  const jest = [join(root, 'node_modules/jest/bin/jest.js'), '--json', `--outputFile=${report}`, ...jestArguments];
  // Jest runs ES modules in vm contexts, which Node calls experimental and would say once per worker.
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const code = await run(process.execPath, [...flags, ...jest], {
    NODE_OPTIONS: [process.env.NODE_OPTIONS, ...flags].join(' ').trim(),
  });
  if (!checked) console.log('\nthe static checks failed (above; npm run check repeats them)');
  console.log(readCount(report, checked));
  process.exitCode = code === 0 && checked ? 0 : code || 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
