import type { Pool, Slot } from './pool.js';

/**
 * The idle connections of one cluster, and which of them to give up first: the one from which the fewest borrows are to be expected,
 * by a count that halves every `halfLifeMs`. Frequency and not recency decides, since one visit of a cold tenant says little about
 * its next. With requests independent of each other this keeps the connections that are used most, which nothing that cannot see
 * the future betters.
 *
 * The count is kept as `weight`, the logarithm of the sum of 2^(t / halfLife) over the borrows' times t: a number that does not change
 * while time passes, and puts slots in the same order (forward decay: Cormode et al., 2009).
 *
 * Invariant: `pools` holds the pools with idle slots; in each, the slot used last is the last.
 */
export class IdleSlots<Connection> {
  private readonly pools = new Set<Pool<Connection>>();

  constructor(private readonly halfLifeMs: number) {}

  get areNone(): boolean {
    return this.pools.size === 0;
  }

  get count(): number {
    let count = 0;
    for (const { idle } of this.pools) count += idle.length;
    return count;
  }

  put(slot: Slot<Connection>): void {
    slot.pool.idle.push(slot);
    this.pools.add(slot.pool);
  }

  /** The slot used last is lent first, so that the others may grow old and be closed. */
  take({ idle }: Pool<Connection>): Slot<Connection> | undefined {
    const slot = idle.pop();
    if (slot && idle.length === 0) this.pools.delete(slot.pool);
    return slot;
  }

  remove(slot: Slot<Connection>): void {
    const { idle } = slot.pool;
    idle.splice(idle.indexOf(slot), 1);
    if (idle.length === 0) this.pools.delete(slot.pool);
  }

  /** All of them, as they are now: the caller may remove some meanwhile. */
  all(): Slot<Connection>[] {
    return [...this.pools].flatMap(({ idle }) => idle);
  }

  noteUse(slot: Slot<Connection>, now: number): void {
    this.add(slot, now);
    this.add(slot.pool, now);
  }

  leastWorth(): Slot<Connection> | undefined {
    let least: Slot<Connection> | undefined;
    let leastWorth = Infinity;
    for (const {
      idle: [longest],
    } of this.pools) {
      if (longest === undefined) continue;
      const worth = worthOf(longest);
      if (worth >= leastWorth) continue;
      least = longest;
      leastWorth = worth;
    }
    return least;
  }

  private add(used: { weight: number }, now: number): void {
    const more = now / this.halfLifeMs;
    const [high, low] = used.weight > more ? [used.weight, more] : [more, used.weight];
    used.weight = high + Math.log2(1 + 2 ** (low - high));
  }
}

/** A tenant's only connection is worth all its traffic, a further one no more than what that one itself has seen. */
const worthOf = <Connection>(slot: Slot<Connection>): number =>
  slot.pool.held - slot.pool.closing === 1 ? slot.pool.weight : slot.weight;
