import type { TestServer } from './test-server.ts';

const shared = globalThis as typeof globalThis & { tenantryTestServers?: TestServer };

/** Long enough for jest to write its report. */
const endsWithinMs = 10_000;

/** Jest's globalTeardown: ends what its globalSetup started, and a run that a test's leftovers would keep from ending. */
export default async function teardown(): Promise<void> {
  const servers = shared.tenantryTestServers;
  delete shared.tenantryTestServers;
  await servers?.stop();
  // Keeps nothing alive itself: it is heard only where something else does.
  setTimeout(() => {
    console.error('a test has left a socket, a timer or a process open: the run is ended, and has failed');
    process.exit(1);
  }, endsWithinMs).unref();
}
