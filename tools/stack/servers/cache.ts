import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where downloaded servers are kept between runs and between checkouts. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env.TENANTRY_CACHE) return resolve(env.TENANTRY_CACHE);
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tenantry');
}
