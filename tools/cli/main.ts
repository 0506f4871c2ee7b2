import { Command, CommanderError } from 'commander';
import { exitCodes, explain } from './exit.ts';
import { addClusterVerbs } from './verbs/clusters.ts';
import { addDoctor } from './verbs/doctor.ts';
import { addLifecycleVerbs } from './verbs/lifecycle.ts';
import { addMigrateVerbs } from './verbs/migrate.ts';
import { addPlatformVerbs } from './verbs/platform.ts';
import { addTenantVerbs } from './verbs/tenants.ts';

const program = new Command('npm run -s tenants --')
  .description('Runs the platform over its HTTP API.')
  .option('--json', 'one JSON document a line, for machines')
  .option('--reason <text>', 'why, for the audit')
  .addHelpText(
    'after',
    `
-s keeps npm's own lines off the output, so that it can be piped: npm run -s tenants -- list --json | jq .slug
TENANTRY_URL and TENANTRY_KEY name the gateway and an operator's key; where a local stack runs, they are its own unless set.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 some failed, 4 not allowed.`,
  )
  .exitOverride();
addTenantVerbs(program);
addLifecycleVerbs(program);
addPlatformVerbs(program);
addClusterVerbs(program);
addMigrateVerbs(program);
addDoctor(program);
for (const command of program.commands) {
  command.exitOverride();
  for (const inner of command.commands) inner.exitOverride();
}

try {
  await program.parseAsync();
} catch (error) {
  // Help and version are errors to commander, and none to us.
  if (!(error instanceof CommanderError)) process.exitCode = explain(error);
  else if (error.exitCode !== 0) process.exitCode = exitCodes.usage;
}
