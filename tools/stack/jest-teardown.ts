import type { TestServer } from './test-server.ts';

const shared = globalThis as typeof globalThis & { tenantryTestServers?: TestServer };

/** Jest's globalTeardown: ends what its globalSetup started. */
export default async function teardown(): Promise<void> {
  const servers = shared.tenantryTestServers;
  delete shared.tenantryTestServers;
  await servers?.stop();
}
