import type { Pool, Slot } from './pool.js';

/**
 * What keeping an idle connection is worth: the borrows to be expected of it, from a count that decays by half every
 * `halfLifeMs`. Frequency and not recency decides, since one visit of a cold tenant says little about its next one (with
 * requests independent of each other this keeps the set of connections that is used most, which nothing that cannot see the
 * future betters).
 */
export class Worth<Connection> {
  constructor(private readonly halfLifeMs: number) {}

  note(slot: Slot<Connection>, now: number): void {
    this.add(slot, now);
    this.add(slot.pool, now);
  }

  /** A tenant's only connection is worth all its traffic, a further one no more than what that one itself has seen. */
  of(slot: Slot<Connection>, now: number): number {
    const { pool } = slot;
    return pool.held - pool.closing === 1 ? this.decayed(pool, now) : this.decayed(slot, now);
  }

  private add(uses: { recentUses: number; usesAt: number }, now: number): void {
    uses.recentUses = this.decayed(uses, now) + 1;
    uses.usesAt = now;
  }

  private decayed(uses: { readonly recentUses: number; readonly usesAt: number }, now: number): number {
    return uses.recentUses * 2 ** ((uses.usesAt - now) / this.halfLifeMs);
  }

  /** The idle slot worth least; of each pool only the one that has lain longest can be. */
  least(pools: Iterable<Pool<Connection>>, now: number): Slot<Connection> | undefined {
    let least: Slot<Connection> | undefined;
    let leastWorth = Infinity;
    for (const { idle } of pools) {
      const [slot] = idle;
      if (slot === undefined) continue;
      const worth = this.of(slot, now);
      if (worth < leastWorth) {
        least = slot;
        leastWorth = worth;
      }
    }
    return least;
  }
}
