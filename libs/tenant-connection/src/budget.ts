import type { BudgetLimits, Clock, Connector } from './connector.js';
import { IdleSlots } from './idle-slots.js';
import { Places } from './places.js';
import type { Pool, Slot, Waiter } from './pool.js';
import { Queue } from './queue.js';
import { Turns } from './turns.js';

/** A tenant that has connections, but cannot get another, does not try again at once. */
const growAgainMs = 1000;

/**
 * The connections of this process to one cluster, shared by its tenants.
 *
 * Invariants:
 * - `places.held` <= `limits.connections` and `pool.held` <= `pool.max`; lowered, they stop growth until that is so again;
 * - a busy slot is closed by nobody but the one who gives it back;
 * - whoever waits has a busy or opening slot of its pool to wait for, or its pool wants a connection (`turns`), or a slot of it is
 *   closing, or `retryAt` lies ahead; `pump` runs after every change that could serve a wanting pool. So no wake-up is lost;
 * - a wanting pool is passed over at most `debtLimitQuanta` rounds, and a visit ends at the first return after its quantum.
 */
export class Budget<Connection> {
  readonly counts = { borrowed: 0, waited: 0, waitedMs: 0, takeOvers: 0, refused: 0 };
  private readonly turns: Turns<Connection>;
  private readonly idle: IdleSlots<Connection>;
  private readonly queue: Queue<Connection>;
  private readonly places: Places<Connection>;
  private closed = false;

  constructor(
    private readonly limits: BudgetLimits,
    private readonly connector: Connector<Connection>,
    private readonly clock: Clock,
  ) {
    this.turns = new Turns(limits.visitQuantumMs);
    this.idle = new IdleSlots(limits.halfLifeMs);
    this.queue = new Queue(limits, clock, {
      emptied: (pool) => this.turns.remove(pool),
      tick: (now) => this.lookAtQueue(now),
    });
    this.places = new Places(connector, clock, limits.lifetimeMs, {
      opened: (slot, now) => this.opened(slot, now),
      failed: (pool, failure, now) => this.failed(pool, failure, now),
      freed: (pool, now) => this.freed(pool, now),
    });
  }

  /** An idle connection of this tenant, in this very tick. To be given back with the number in `slot.lending`. */
  tryBorrow(pool: Pool<Connection>): Slot<Connection> | undefined {
    const slot = this.idle.take(pool);
    if (slot) this.lend(slot, this.clock.now());
    return slot;
  }

  /** For when {@link tryBorrow} had none: waits for one until the deadline. */
  wait(
    pool: Pool<Connection>,
    deadlineAt: number,
    lend: Waiter<Connection>['lend'],
    refuse: Waiter<Connection>['refuse'],
  ): void {
    const now = this.clock.now();
    const behind = this.queue.length;
    const refusal = this.refusalFor(pool, deadlineAt - now);
    if (refusal) {
      this.counts.refused++;
      return refuse(refusal);
    }
    this.queue.add(pool, { since: now, deadlineAt, behind, lend, refuse });
    this.want(pool, now);
    this.pump(now);
  }

  /**
   * Ends a borrow; a second call for the same `lending` does nothing. With `fit` the caller vouches that the connection is as if new:
   * one that is not is closed.
   */
  giveBack(slot: Slot<Connection>, lending: number, fit: boolean): void {
    if (slot.state !== 'busy' || slot.lending !== lending) return;
    const { pool } = slot;
    const now = this.clock.now();
    const usedMs = now - slot.since;
    pool.usedMs += usedMs;
    if (this.turns.size > 0) this.turns.charge(pool, usedMs);
    if (!fit || this.mustClose(slot, now)) this.retire(slot, now);
    else if (pool.waiters.length > 0 && pool.deficitMs <= 0 && this.othersNeedIt(pool)) {
      this.counts.takeOvers++;
      // Its next turn comes after theirs.
      this.turns.remove(pool);
      this.retire(slot, now);
    } else this.settle(slot, now);
    this.pump(now);
  }

  /** The connection ended by itself. */
  lost(slot: Slot<Connection>): void {
    slot.unfit = true;
    if (slot.state !== 'idle') return;
    const now = this.clock.now();
    this.retireIdle(slot, now);
    this.pump(now);
  }

  /** This tenant's connections are opened anew from now on: idle ones close at once, busy ones when they come back. */
  renew(pool: Pool<Connection>, max: number): void {
    const now = this.clock.now();
    pool.max = max;
    pool.epoch++;
    pool.retryAt = 0;
    // It may be waiting for its turn to get one more than it may now have.
    if (pool.held >= max) this.turns.remove(pool);
    for (const slot of [...pool.idle]) this.retireIdle(slot, now);
    this.want(pool, now);
    this.pump(now);
  }

  resize(connections: number): void {
    const now = this.clock.now();
    this.limits.connections = connections;
    while (this.places.held - this.places.closing > connections && this.retireLeastWorth(now)) continue;
    this.pump(now);
  }

  /** Closes what lay idle or lived too long. */
  sweep(): void {
    const now = this.clock.now();
    for (const slot of this.idle.all()) {
      if (now - slot.since >= this.limits.idleCloseMs || this.mustClose(slot, now)) this.retireIdle(slot, now);
    }
    this.pump(now);
  }

  /** Refuses who waits, closes what is idle, and resolves when the last busy connection has come back and is closed. */
  async close(): Promise<void> {
    const now = this.clock.now();
    this.closed = true;
    for (const pool of [...this.queue.pools]) this.refuseAll(pool, this.connector.refused('closed', 0, 0));
    while (this.retireLeastWorth(now)) continue;
    await this.places.none();
  }

  snapshot() {
    const idle = this.idle.count;
    const { held, opening, closing, ...rest } = this.places.snapshot();
    const busy = held - idle - opening - closing;
    const longestWaitMs = this.queue.longestWaitMs(this.clock.now());
    const queue = { waiting: this.queue.length, longestWaitMs };
    return { budget: this.limits.connections, held, busy, idle, opening, closing, ...queue, ...rest, ...this.counts };
  }

  private refusalFor(pool: Pool<Connection>, leftMs: number): Error | undefined {
    const reason = this.closed ? 'closed' : this.queue.isFullFor(pool) ? 'full' : leftMs <= 0 ? 'late' : undefined;
    if (reason) return this.connector.refused(reason, 0, this.queue.length);
    return pool.isCold ? this.connector.refusal(pool) : undefined;
  }

  private lend(slot: Slot<Connection>, now: number): void {
    slot.state = 'busy';
    slot.since = now;
    slot.lending++;
    this.idle.noteUse(slot, now);
    this.counts.borrowed++;
  }

  /** An open slot without a user: to the first who waits for it, else to rest. */
  private settle(slot: Slot<Connection>, now: number): void {
    const { pool } = slot;
    const waiter = this.queue.takeFirst(pool);
    if (waiter === undefined) {
      slot.state = 'idle';
      slot.since = now;
      return this.idle.put(slot);
    }
    this.counts.waited++;
    this.counts.waitedMs += now - waiter.since;
    this.lend(slot, now);
    const next = pool.waiters[0];
    if (next && !this.hasWaitedLong(next, pool, now)) this.turns.remove(pool);
    waiter.lend(slot);
  }

  /**
   * A pool wants a connection when it has none, or when its first waiter has waited as long as a connect takes: to wait as long as
   * the remedy costs is never worse than twice the best choice (ski rental), and a burst does not open ten connections.
   */
  private want(pool: Pool<Connection>, now: number): void {
    const [first] = pool.waiters;
    if (first === undefined || pool.opening || pool.held >= pool.max || pool.retryAt > now) return;
    if (pool.isCold || this.hasWaitedLong(first, pool, now)) this.turns.add(pool);
  }

  private hasWaitedLong(waiter: Waiter<Connection>, pool: Pool<Connection>, now: number): boolean {
    return now - Math.max(waiter.since, pool.openedAt) >= this.places.connectMs;
  }

  /** Connects for wanting pools, in turn; where there is no room, makes it by closing the idle connection worth least. */
  private pump(now: number): void {
    while (this.turns.size > 0 && this.places.opening < this.limits.connectsAtOnce) {
      if (this.places.held < this.limits.connections) {
        const pool = this.turns.take();
        if (pool) this.open(pool, now);
      } else {
        if (!this.moreRoomIsNeeded() || !this.retireLeastWorth(now)) return;
        this.counts.takeOvers++;
      }
    }
  }

  private othersNeedIt(pool: Pool<Connection>): boolean {
    return (
      this.places.held >= this.limits.connections &&
      this.idle.areNone &&
      this.moreRoomIsNeeded() &&
      this.turns.anyoneNeedsMoreThan(pool)
    );
  }

  /** Whether fewer slots are closing than could be opened again at once. A closing one counts until the server has let it go. */
  private moreRoomIsNeeded(): boolean {
    const toCome = this.places.closing - (this.places.held - this.limits.connections);
    return toCome < Math.min(this.turns.size, this.limits.connectsAtOnce - this.places.opening);
  }

  private open(pool: Pool<Connection>, now: number): void {
    const refusal = this.connector.refusal(pool);
    if (refusal) return this.refuseAll(pool, refusal);
    this.places.open(pool, now);
  }

  private opened(slot: Slot<Connection>, now: number): void {
    if (this.mustClose(slot, now)) this.retire(slot, now);
    else this.settle(slot, now);
    this.pump(now);
  }

  private failed(pool: Pool<Connection>, failure: Error, now: number): void {
    const alone = pool.isCold;
    const retryMs = this.closed ? undefined : this.connector.retryAfterMs(failure, pool.failures);
    pool.retryAt = now + (alone ? (retryMs ?? 0) : growAgainMs);
    if (alone && retryMs === undefined) this.refuseAll(pool, failure);
    this.pump(now);
  }

  private freed(pool: Pool<Connection>, now: number): void {
    this.want(pool, now);
    this.pump(now);
  }

  private mustClose(slot: Slot<Connection>, now: number): boolean {
    const { pool } = slot;
    return (
      this.closed ||
      slot.unfit ||
      slot.epoch !== pool.epoch ||
      slot.expiresAt <= now ||
      this.places.held - this.places.closing > this.limits.connections ||
      pool.held - pool.closing > pool.max
    );
  }

  private retireLeastWorth(now: number): boolean {
    const slot = this.idle.leastWorth();
    if (slot) this.retireIdle(slot, now);
    return slot !== undefined;
  }

  private retireIdle(slot: Slot<Connection>, now: number): void {
    this.idle.remove(slot);
    this.retire(slot, now);
  }

  private retire(slot: Slot<Connection>, now: number): void {
    this.places.close(slot);
    this.want(slot.pool, now);
  }

  private refuseAll(pool: Pool<Connection>, reason: Error): void {
    pool.failures = 0;
    const refused = this.queue.takeAll(pool);
    this.counts.refused += refused.length;
    for (const waiter of refused) waiter.refuse(reason);
  }

  private lookAtQueue(now: number): void {
    for (const pool of [...this.queue.pools]) {
      this.refuseLate(pool, now);
      this.want(pool, now);
    }
    this.pump(now);
  }

  private refuseLate(pool: Pool<Connection>, now: number): void {
    for (const { refuse, since, behind } of this.queue.takeLate(pool, now)) {
      this.counts.refused++;
      // Who waited for a server that could not be reached did not wait for the others.
      const failure = pool.failures > 0 ? pool.lastFailure : undefined;
      refuse(failure ?? this.connector.refused('late', now - since, behind));
    }
    if (pool.waiters.length === 0) pool.failures = 0;
  }
}
