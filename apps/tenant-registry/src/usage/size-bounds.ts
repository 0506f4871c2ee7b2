import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { CONFIG, LOG, type Log } from '@tenantry/service-kit';
import { In, Repository } from 'typeorm';
import type { RegistryConfig } from '../config.js';
import { ClusterAccess } from '../provisioning/cluster-access.js';
import { TenantNotices } from '../tenants/tenant-notices.js';
import { TenantRow } from '../tenants/tenant.entity.js';
import { limitsOf } from '../tenants/tenant.views.js';

/**
 * Holds tenants to the size that their limits give. Only those in use are looked at, all of one cluster by one statement; a size that has crossed
 * its bound is written down and told to everybody, and gateways refuse what would add to it.
 *
 * Invariant: a tenant is looked at once in `DATABASE_SIZE_SECONDS` at most, by each instance of the registry.
 */
@Injectable()
export class SizeBounds {
  private readonly lookedAt = new Map<string, number>();

  constructor(
    @InjectRepository(TenantRow) private readonly tenants: Repository<TenantRow>,
    @Inject(ClusterAccess) private readonly access: Pick<ClusterAccess, 'open'>,
    @Inject(TenantNotices) private readonly notices: Pick<TenantNotices, 'say'>,
    @Inject(CONFIG) private readonly config: Pick<RegistryConfig, 'DATABASE_SIZE_SECONDS'>,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** Of tenants that are in use. What cannot be seen now is looked at again at their next use after the interval. */
  async look(ids: readonly string[]): Promise<void> {
    const due = this.dueOf(ids);
    if (due.length === 0) return;
    try {
      const rows = await this.tenants.findBy({ id: In(due) });
      const byCluster = Map.groupBy(rows, ({ cluster }) => cluster.id);
      await Promise.all([...byCluster].map(([clusterId, residents]) => this.lookIn(clusterId, residents)));
    } catch (err) {
      this.log.warn({ err, tenants: due.length }, 'the sizes of databases cannot be seen at the moment');
    }
  }

  private dueOf(ids: readonly string[]): string[] {
    const now = performance.now();
    const before = now - this.config.DATABASE_SIZE_SECONDS * 1000;
    for (const [id, at] of this.lookedAt) if (at <= before) this.lookedAt.delete(id);
    const due = ids.filter((id) => !this.lookedAt.has(id));
    for (const id of due) this.lookedAt.set(id, now);
    return due;
  }

  private async lookIn(clusterId: string, residents: readonly TenantRow[]): Promise<void> {
    const cluster = await this.access.open(clusterId);
    const sizes = await cluster.readSizes(residents.map(({ database }) => database));
    for (const tenant of residents) {
      const bytes = sizes.get(tenant.database);
      if (bytes === undefined) continue;
      const databaseFull = bytes > limitsOf(tenant).maxDatabaseBytes;
      if (databaseFull !== tenant.databaseFull) await this.tell(tenant, databaseFull, bytes);
    }
  }

  private async tell({ id, databaseFull: before }: TenantRow, databaseFull: boolean, bytes: number): Promise<void> {
    // Of two instances that see it at once, one says so.
    const { affected } = await this.tenants.update({ id, databaseFull: before }, { databaseFull });
    if (!affected) return;
    this.log.info({ tenantId: id, bytes, databaseFull }, 'a database has crossed the size that its limits give');
    const [now] = await this.tenants.findBy({ id });
    if (now) this.notices.say(now);
  }
}
