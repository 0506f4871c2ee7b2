import type { Clock } from './connector.js';
import type { Pool, Waiter } from './pool.js';

/** While anyone waits: how often deadlines, and the need for further connections, are looked at. */
const tickMs = 5;

interface Outcome<Connection> {
  /** The last waiter of a pool has left. */
  emptied(pool: Pool<Connection>): void;
  tick(now: number): void;
}

/**
 * Who waits for a connection of one cluster: first come, first served within a tenant; {@link Turns} decides between tenants.
 *
 * Invariant: `pools` holds the pools that have waiters, `length` counts their waiters.
 */
export class Queue<Connection> {
  readonly pools = new Set<Pool<Connection>>();
  length = 0;
  private ticking = false;

  constructor(
    private readonly limits: { readonly queueLimit: number; readonly tenantQueueLimit: number },
    private readonly clock: Clock,
    private readonly outcome: Outcome<Connection>,
  ) {}

  isFullFor(pool: Pool<Connection>): boolean {
    return this.length >= this.limits.queueLimit || pool.waiters.length >= this.limits.tenantQueueLimit;
  }

  add(pool: Pool<Connection>, waiter: Waiter<Connection>): void {
    pool.waiters.push(waiter);
    this.pools.add(pool);
    this.length++;
    this.tickLater();
  }

  takeFirst(pool: Pool<Connection>): Waiter<Connection> | undefined {
    const first = pool.waiters.shift();
    if (first) this.left(pool, 1);
    return first;
  }

  takeAll(pool: Pool<Connection>): Waiter<Connection>[] {
    const all = pool.waiters.splice(0);
    this.left(pool, all.length);
    return all;
  }

  takeLate(pool: Pool<Connection>, now: number): Waiter<Connection>[] {
    const late = pool.waiters.filter((waiter) => waiter.deadlineAt <= now);
    if (late.length === 0) return late;
    pool.waiters.splice(0, pool.waiters.length, ...pool.waiters.filter((waiter) => waiter.deadlineAt > now));
    this.left(pool, late.length);
    return late;
  }

  longestWaitMs(now: number): number {
    let longest = 0;
    for (const { waiters } of this.pools) if (waiters[0]) longest = Math.max(longest, now - waiters[0].since);
    return longest;
  }

  private left(pool: Pool<Connection>, count: number): void {
    this.length -= count;
    if (pool.waiters.length > 0) return;
    this.pools.delete(pool);
    this.outcome.emptied(pool);
  }

  /** One timer however many wait, and none when nobody does. */
  private tickLater(): void {
    if (this.ticking || this.length === 0) return;
    this.ticking = true;
    this.clock.after(tickMs, () => {
      this.ticking = false;
      this.outcome.tick(this.clock.now());
      this.tickLater();
    });
  }
}
