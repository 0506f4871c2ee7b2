import { join, resolve } from 'node:path';
import { readRunning } from './running.ts';
import { run } from './run.ts';

// The stack on this machine stands in for what the environment does not name.
const running = readRunning(resolve(process.env.TENANTRY_DATA || '.data'));
const main = join(process.cwd(), 'tools/cli/main.ts');
process.exitCode = await run(process.execPath, [main, ...process.argv.slice(2)], {
  ...(running ? { TENANTRY_URL: running.url, TENANTRY_KEY: running.operatorKey } : {}),
  ...given('TENANTRY_URL'),
  ...given('TENANTRY_KEY'),
});

function given(variable: string): NodeJS.ProcessEnv {
  return process.env[variable] ? { [variable]: process.env[variable] } : {};
}
