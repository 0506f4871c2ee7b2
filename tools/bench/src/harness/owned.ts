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

/** What is being started: stopped with the rest, also when the run is ended before it has started. */
export function started<Server extends Stoppable>(
  starting: Promise<Server>,
  owned: AsyncDisposableStack,
): Promise<Server> {
  owned.defer(async () => {
    const server = await starting.catch(() => undefined);
    await server?.stop();
  });
  return starting;
}
