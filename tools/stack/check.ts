import { checkStatically } from './static-checks.ts';

process.exitCode = (await checkStatically(process.cwd())) ? 0 : 1;
