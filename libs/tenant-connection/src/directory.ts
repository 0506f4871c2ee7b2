import type { TenantNotice, TenantState } from '@tenantry/contracts';
import { LRUCache } from 'lru-cache';
import type { TenantShare } from './clusters.js';
import { TenantNotFound } from './errors.js';
import { type DirectoryPlace, type Place, samePlace, toPlace } from './place.js';

/** Where tenants are looked up: the registry, over NATS. */
export interface DirectorySource {
  /** Undefined, or an error with the code `tenant-not-found`, where there is no such tenant. */
  load(tenantId: string): Promise<DirectoryPlace | undefined>;
}

/** What this process knows of one tenant. */
export class TenantEntry {
  leases = 0;
  state: TenantState;
  /** Of the newest change heard of, which may be ahead of `place`. */
  generation: number;
  freshUntil = 0;
  loadedAt = 0;
  /** Looked at since the last eviction passed by. */
  recent = true;
  /** Its connections, while it has any or waits for one. */
  share: TenantShare | undefined;
  /** What it used of those it had before, and how much (see `idle-slots.ts`). */
  usedMs = 0;
  weight = -Infinity;

  constructor(public place: Place) {
    this.state = place.state;
    this.generation = place.generation;
  }

  get outdated(): boolean {
    return this.place.generation < this.generation;
  }
}

interface DirectoryLimits {
  readonly directoryFreshMs: number;
  readonly directoryStaleMs: number;
  readonly directoryMissingMs: number;
  readonly directorySize: number;
}

interface Load {
  readonly promise: Promise<TenantEntry>;
  /** A notice that came meanwhile: an answer older than this is asked for again. */
  atLeast: number;
}

/** Pause between background loads of an entry while the registry does not answer. */
const retryLoadMs = 2000;
const loadTries = 3;

const isNotFound = (failure: unknown): boolean =>
  typeof failure === 'object' && failure !== null && 'code' in failure && failure.code === 'tenant-not-found';

/**
 * Tenant id -> where it lives and whether it may be served.
 *
 * Invariants:
 * - one entry per tenant, and one load under way per tenant;
 * - an entry's `generation` never falls: an older answer changes nothing;
 * - an entry that is leased, or has connections, is never dropped;
 * - after a notice that does not say whether its connections are still good no lease of it is given before the registry was asked.
 */
export class Directory {
  private readonly entries = new Map<string, TenantEntry>();
  private readonly loads = new Map<string, Load>();
  private readonly missing: LRUCache<string, true>;

  constructor(
    private readonly limits: DirectoryLimits,
    private readonly source: DirectorySource,
    /** Called when connections made for the entry before now must not be lent again: not for each new generation, see {@link isAnother}. */
    private readonly changed: (entry: TenantEntry) => void,
    private readonly now: () => number,
  ) {
    this.missing = new LRUCache({ max: 10_000, ttl: limits.directoryMissingMs, ttlResolution: 0, perf: { now } });
  }

  get size(): number {
    return this.entries.size;
  }

  /** The entry, if it can be served at once; one past its freshness is renewed behind the caller's back. */
  find(tenantId: string): TenantEntry | undefined {
    const entry = this.entries.get(tenantId);
    if (entry === undefined || entry.outdated) return undefined;
    const now = this.now();
    entry.recent = true;
    if (now < entry.freshUntil) return entry;
    if (now >= entry.loadedAt + this.limits.directoryFreshMs + this.limits.directoryStaleMs) return undefined;
    void this.load(tenantId).catch(() => undefined);
    return entry;
  }

  all(): Iterable<TenantEntry> {
    return this.entries.values();
  }

  /**
   * Asks the registry; callers at the same time share one question.
   * @throws TenantNotFound, or what the source raised where nothing usable is known
   */
  load(tenantId: string): Promise<TenantEntry> {
    const underWay = this.loads.get(tenantId);
    if (underWay) return underWay.promise;
    if (this.missing.has(tenantId)) return Promise.reject(new TenantNotFound());
    const load: Load = { promise: this.ask(tenantId).finally(() => this.loads.delete(tenantId)), atLeast: 0 };
    this.loads.set(tenantId, load);
    return load.promise;
  }

  /** The registry says that a tenant has changed. */
  notice({ tenantId, generation, state }: Pick<TenantNotice, 'tenantId' | 'generation' | 'state'>): void {
    this.missing.delete(tenantId);
    const load = this.loads.get(tenantId);
    if (load) load.atLeast = Math.max(load.atLeast, generation);
    const entry = this.entries.get(tenantId);
    if (entry === undefined || generation <= entry.generation) return;
    const goesOn = isServedOn(entry.state, state);
    entry.generation = generation;
    entry.state = state;
    if (!goesOn) this.changed(entry);
    // Its credentials, or nothing that concerns us: asked at once, so that what has a connection of the past does not keep it.
    else if (entry.share?.atRest === false) this.load(tenantId).catch(() => undefined);
  }

  /** What is known may be of the past: renewed at its next use, which does not wait for it. */
  doubt(): void {
    for (const entry of this.entries.values()) entry.freshUntil = 0;
  }

  private async ask(tenantId: string): Promise<TenantEntry> {
    for (let tries = 1; ; tries++) {
      let place: DirectoryPlace | undefined;
      try {
        place = await this.source.load(tenantId);
      } catch (failure) {
        if (!isNotFound(failure)) return this.fallBack(tenantId, failure);
      }
      if (place === undefined) return this.forget(tenantId);
      const atLeast = this.loads.get(tenantId)?.atLeast ?? 0;
      const entry = this.accept(place);
      if ((!entry.outdated && entry.generation >= atLeast) || tries >= loadTries) return entry;
    }
  }

  private accept(found: DirectoryPlace): TenantEntry {
    const now = this.now();
    let entry = this.entries.get(found.id);
    const place = toPlace(found, entry?.place);
    if (entry === undefined) {
      entry = new TenantEntry(place);
      this.entries.set(place.id, entry);
      this.makeRoom();
    } else if (place.generation < entry.generation) {
      return entry;
    } else {
      const renewed = isAnother(entry, place);
      entry.place = place;
      entry.state = place.state;
      entry.generation = place.generation;
      if (renewed) this.changed(entry);
    }
    entry.loadedAt = Math.floor(now);
    // Entries loaded together do not expire together.
    entry.freshUntil = Math.floor(now + this.limits.directoryFreshMs * (0.8 + 0.2 * Math.random()));
    return entry;
  }

  /** The registry does not answer: what is known serves on for a while, and keeps the state last heard of. */
  private fallBack(tenantId: string, failure: unknown): TenantEntry {
    const entry = this.entries.get(tenantId);
    const now = this.now();
    if (entry === undefined || now >= entry.loadedAt + this.limits.directoryFreshMs + this.limits.directoryStaleMs)
      throw failure;
    entry.freshUntil = Math.floor(now + retryLoadMs * (0.5 + 0.5 * Math.random()));
    return entry;
  }

  private forget(tenantId: string): never {
    const entry = this.entries.get(tenantId);
    if (entry) {
      this.changed(entry);
      if (!isHeld(entry)) this.entries.delete(tenantId);
      else entry.state = 'purged';
    }
    this.missing.set(tenantId, true);
    throw new TenantNotFound();
  }

  /** Second chance (CLOCK): drops the first entry that nobody looked at or holds. */
  private makeRoom(): void {
    let passes = this.entries.size * 2;
    for (const [tenantId, entry] of this.entries) {
      if (this.entries.size <= this.limits.directorySize || passes-- === 0) return;
      this.entries.delete(tenantId);
      if (!entry.recent && !isHeld(entry)) continue;
      entry.recent = false;
      this.entries.set(tenantId, entry);
    }
  }
}

/** A birth that has ended: what its first admin was written over is as good as new, and the word of it is told over it. */
const isServedOn = (before: TenantState, now: TenantState): boolean =>
  before === now || (before === 'provisioning' && now === 'active');

/** Whether connections must be made anew. A new generation alone is no reason: a run of migrations gives one to thousands of tenants. */
const isAnother = ({ place, state }: TenantEntry, found: Place): boolean =>
  !samePlace(place, found) || place.maxConnections !== found.maxConnections || !isServedOn(state, found.state);

const isHeld = (entry: TenantEntry): boolean => entry.leases > 0 || entry.share?.atRest === false;
