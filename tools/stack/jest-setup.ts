import type { TestServer } from './test-server.ts';
import { startTestServers } from './test-servers.ts';

// Jest may load setup and teardown as two copies of a module: what they share hangs on the process.
const shared = globalThis as typeof globalThis & { tenantryTestServers?: TestServer };

/** Jest's globalSetup: servers for the whole run, named in the environment that the tests inherit. */
export default async function setup({ maxWorkers }: { maxWorkers: number }): Promise<void> {
  const servers = await startTestServers(process.env, maxWorkers);
  shared.tenantryTestServers = servers;
  Object.assign(process.env, servers.environment);
  // Jest leaves by process.exit on a signal and never comes to its teardown.
  process.once('exit', () => shared.tenantryTestServers?.killNow());
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.once(signal, () => process.exit(code));
}
