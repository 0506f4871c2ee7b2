import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockHolder } from './lock.mjs';
import { readSecrets } from './secrets.ts';

/** Address and operator key of the stack that runs on a data directory; `undefined` when none does. */
export function readRunning(dataDir: string): { url: string; operatorKey: string } | undefined {
  const announcement = join(dataDir, 'run/stack.json');
  if (!existsSync(announcement) || !lockHolder(join(dataDir, 'run/stack.lock'))) return undefined;
  const { url } = JSON.parse(readFileSync(announcement, 'utf8')) as { url: string };
  const { operatorKey } = readSecrets(join(dataDir, 'secrets.json'));
  return operatorKey ? { url, operatorKey } : undefined;
}
