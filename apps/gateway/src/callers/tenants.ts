import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type TenantEntry, type TenantNotice, Tenants } from '@tenantry/contracts';
import { LOG, type Log, Messages, Notices, ServiceError, TenantFollower } from '@tenantry/service-kit';
import { LRUCache } from 'lru-cache';
import { lookUpMs } from '../call.js';

const freshMs = 60_000;
/** How long what is known serves on while the registry cannot be asked. */
const staleMs = 600_000;
/** How long an unknown tenant is remembered as such. */
const unknownMs = 2000;
const maxTenants = 50_000;
/** Not fresh any more; what is known still serves while the registry is away. */
const outdated = { ttl: 1 };

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
export class TenantEntries implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly known: LRUCache<string, Known>;
  private readonly follower: TenantFollower;

  constructor(
    @Inject(Messages) private readonly messages: Messages,
    @Inject(Notices) notices: Pick<Notices, 'hear'>,
    @Inject(LOG) private readonly log: Log,
  ) {
    this.known = new LRUCache<string, Known>({
      max: maxTenants,
      ttl: freshMs,
      // What is no longer fresh must still be there when the registry is not.
      noDeleteOnStaleGet: true,
      fetchMethod: (key, stale, { options }) => this.load(key, stale, options),
    });
    this.follower = new TenantFollower(notices, messages, log, {
      changed: (notice) => this.hear(notice),
      doubt: () => this.doubt(),
    });
  }

  onApplicationBootstrap(): void {
    this.follower.start();
  }

  onModuleDestroy(): void {
    this.follower.stop();
  }

  /** Null where there is none. @throws ServiceError why the registry cannot be asked. */
  async find(key: `id:${string}` | `slug:${string}`): Promise<TenantEntry | null> {
    return (this.known.get(key) ?? (await this.fetch(key))).entry;
  }

  /** @throws ServiceError `tenant-not-found`, or as {@link find}. */
  async get(key: `id:${string}` | `slug:${string}`): Promise<TenantEntry> {
    const entry = await this.find(key);
    if (!entry) throw new ServiceError('tenant-not-found', 'There is no such tenant.');
    return entry;
  }

  /** Without waiting: undefined when it must be asked for. */
  peek(key: `id:${string}`): TenantEntry | null | undefined {
    return this.known.get(key)?.entry;
  }

  /** What is known of it is of the past: its state at once, the rest at the next use, which asks again. Gives up loads under way. */
  private hear({ tenantId, slug, state, generation }: TenantNotice): void {
    for (const key of [`id:${tenantId}`, `slug:${slug}`]) {
      const known = this.known.peek(key, { allowStale: true });
      if (!known?.entry) this.known.delete(key);
      else if (known.entry.generation < generation)
        this.known.set(key, { ...known, entry: { ...known.entry, state, generation } }, outdated);
    }
  }

  private doubt(): void {
    for (const [key, known] of [...this.known.entries()]) this.known.set(key, known, outdated);
  }

  private async fetch(key: string): Promise<Known> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.known.forceFetch(key);
      } catch (error) {
        // Given up because of a notice, which its answer may be older than: asked again.
        if (error instanceof ServiceError || tries >= 3) throw error;
      }
    }
  }

  private async load(key: string, stale: Known | undefined, options: { ttl?: number | undefined }): Promise<Known> {
    const name = key.slice(key.indexOf(':') + 1);
    try {
      const question = key.startsWith('id:') ? { id: name } : { slug: name };
      const entry = await this.messages.ask(Tenants.find, question, { withinMs: lookUpMs });
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
