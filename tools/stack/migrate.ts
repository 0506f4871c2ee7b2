import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { logEnd, spawnProgram } from './program.ts';
import { commandEnvironment, type ServiceName, type Surroundings } from './services.ts';

/** Brings a service's own database to the version its code expects. Raises with the end of its log. */
export async function migrate(
  root: string,
  dataDir: string,
  service: ServiceName,
  around: Surroundings,
): Promise<void> {
  const script = join(root, 'apps', service, 'dist/migrate.js');
  if (!existsSync(script)) throw new Error(`${script} is missing: the build makes it (npm start builds first)`);
  const logFile = join(dataDir, 'log', `migrate-${service}.log`);
  const env = commandEnvironment(service, around);
  const { child, logStart } = spawnProgram({ command: process.execPath, args: [script], env, cwd: root }, logFile);
  const code = await new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  if (code !== 0)
    throw new Error(`the migrations of ${service} failed; the end of ${logFile}:\n${logEnd(logFile, logStart)}`);
}
