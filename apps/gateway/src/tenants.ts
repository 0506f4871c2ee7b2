import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type TenantEntry, TenantNotice, tenantNoticeSubject, Tenants } from '@tenantry/contracts';
import { hearNotices, LOG, type Log, Messages, Nats, ServiceError } from '@tenantry/service-kit';
import { LRUCache } from 'lru-cache';

const freshMs = 60_000;
/** How long what is known serves on while the registry cannot be asked. */
const staleMs = 600_000;
/** How long an unknown tenant is remembered as such. */
const unknownMs = 2000;
const maxTenants = 50_000;

interface Known {
  /** Null for a tenant that does not exist. */
  readonly entry: TenantEntry | null;
  readonly loadedAt: number;
}

/**
 * What the edge knows of tenants, under `id:<id>` and `slug:<slug>`. Followed by the registry's notices; asked for one at a time; served
 * stale while the registry is away.
 */
@Injectable()
export class TenantEntries implements OnApplicationBootstrap {
  private readonly known: LRUCache<string, Known>;

  constructor(
    @Inject(Messages) private readonly messages: Messages,
    @Inject(Nats) private readonly nats: Nats,
    @Inject(LOG) private readonly log: Log,
  ) {
    this.known = new LRUCache<string, Known>({
      max: maxTenants,
      ttl: freshMs,
      // What is no longer fresh must still be there when the registry is not.
      noDeleteOnStaleGet: true,
      fetchMethod: (key, stale, { options }) => this.load(key, stale, options),
    });
  }

  onApplicationBootstrap(): void {
    hearNotices(this.nats, this.log, tenantNoticeSubject, TenantNotice, (notice) => this.hear(notice));
  }

  /** @throws ServiceError `tenant-not-found`, or why the registry cannot be asked. */
  async get(key: `id:${string}` | `slug:${string}`): Promise<TenantEntry> {
    const { entry } = this.known.get(key) ?? (await this.known.forceFetch(key));
    if (!entry) throw new ServiceError('tenant-not-found', 'There is no such tenant.');
    return entry;
  }

  /** Without waiting: undefined when it must be asked for. */
  peek(key: `id:${string}`): TenantEntry | null | undefined {
    return this.known.get(key)?.entry;
  }

  private hear({ tenantId, slug, generation }: TenantNotice): void {
    for (const key of [`id:${tenantId}`, `slug:${slug}`]) {
      const entry = this.known.get(key, { allowStale: true })?.entry;
      // Deleting also gives up a load under way, whose answer may be older than this notice.
      if (!entry || entry.generation < generation) this.known.delete(key);
    }
  }

  private async load(key: string, stale: Known | undefined, options: { ttl?: number | undefined }): Promise<Known> {
    const [kind, name] = key.split(':', 2) as ['id' | 'slug', string];
    try {
      const entry = await this.messages.ask(Tenants.find, kind === 'id' ? { id: name } : { slug: name });
      return { entry, loadedAt: performance.now() };
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'tenant-not-found') {
        options.ttl = unknownMs;
        return { entry: null, loadedAt: performance.now() };
      }
      if (!stale || performance.now() - stale.loadedAt > staleMs) throw error;
      this.log.warn({ err: error }, 'the registry cannot be asked; what is known serves on');
      options.ttl = unknownMs;
      return stale;
    }
  }
}
