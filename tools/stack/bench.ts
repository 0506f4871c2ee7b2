import { join } from 'node:path';
import { run } from './run.ts';

const main = join(process.cwd(), 'tools/bench/src/main.ts');
process.exitCode = await run(process.execPath, [main, ...process.argv.slice(2)]);
