import type { Reports } from './clusters.js';
import type { TenantEntry } from './directory.js';
import { TenantBehind } from './errors.js';

/** How often the log says that a tenant is refused: a service that came too early is asked for thousands. */
const sayEveryMs = 60_000;

/**
 * Which tenants a service can serve: those whose database has this version of the schema or a newer one, since migrations only add. The
 * version is the registry's word, which comes with where the tenant lives, so that nothing is opened for one that is behind.
 */
export class SchemaWindow {
  private saidAt = -Infinity;

  constructor(
    private readonly oldestSchema: number,
    private readonly reports: Reports,
  ) {}

  /** @throws TenantBehind */
  check({ place: { id: tenantId, schemaVersion } }: TenantEntry): void {
    const { oldestSchema } = this;
    if (schemaVersion >= oldestSchema) return;
    const now = performance.now();
    if (now >= this.saidAt + sayEveryMs) {
      this.saidAt = now;
      this.reports.warn(
        { tenantId, schemaVersion, oldestSchema },
        'a tenant waits for its migration, perhaps not alone',
      );
    }
    throw new TenantBehind();
  }
}
