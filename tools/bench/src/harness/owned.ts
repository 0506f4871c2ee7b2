import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory for this run only. */
export function temporaryDir(owned: AsyncDisposableStack): string {
  const dir = mkdtempSync(join(tmpdir(), 'tenantry-bench-'));
  owned.defer(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

interface Stoppable {
  stop(): Promise<void>;
}

/** What is being started: stopped with the rest, and at once when the rest is gone by the time it has started. */
export async function started<Server extends Stoppable>(
  starting: Promise<Server>,
  owned: AsyncDisposableStack,
): Promise<Server> {
  const server = await starting;
  if (owned.disposed) {
    await server.stop();
    throw new Error('the run was ended');
  }
  owned.defer(() => server.stop());
  return server;
}
