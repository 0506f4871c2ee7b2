import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary directory for tests that goes with the end of its `using` block. */
export function scratchDir(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'tenantry-scratch-'));
  return {
    path,
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }),
  };
}
