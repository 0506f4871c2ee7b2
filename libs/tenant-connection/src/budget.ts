import { type Pool, Slot, type Waiter } from './pool.js';
import { Turns } from './turns.js';
import { Worth } from './worth.js';

/** What the budget cannot do itself. It knows nothing of PostgreSQL. */
export interface Connector<Connection> {
  /** Opens the connection of this slot; `lost` may be told of its end from then on. */
  open(slot: Slot<Connection>): Promise<Connection>;
  /** Resolves once the server no longer counts the connection; never rejects. */
  close(connection: Connection): Promise<void>;
  /** Why no connect should be tried now, if so: a breaker is open. */
  refusal(pool: Pool<Connection>): Error | undefined;
  /** Milliseconds until the next try after so many failures, or undefined where trying again cures nothing. */
  retryAfterMs(failure: Error, failures: number): number | undefined;
  refused(reason: 'full' | 'late' | 'closed', waitedMs: number, behind: number): Error;
}

export interface Clock {
  now(): number;
  after(ms: number, run: () => void): void;
}

export interface BudgetLimits {
  connections: number;
  readonly connectsAtOnce: number;
  readonly visitQuantumMs: number;
  readonly queueLimit: number;
  readonly tenantQueueLimit: number;
  readonly idleCloseMs: number;
  readonly lifetimeMs: number;
  readonly halfLifeMs: number;
}

/** While anyone waits: how often deadlines and the need for further connections are looked at. */
const tickMs = 5;

/**
 * The connections of this process to one cluster, shared by its tenants.
 *
 * Invariants:
 * - `held` <= `limits.connections` (after a `resize` downwards: never grows until it is), and `pool.held` <= `pool.max`;
 * - a busy slot is closed by nobody but the one who gives it back;
 * - whoever waits has a busy or opening slot of its pool to wait for, or its pool wants a connection (`turns`), or `retryAt` lies
 *   ahead; `pump` runs after every change that could serve a wanting pool. So no wake-up is lost;
 * - a wanting pool is passed over at most `debtLimitQuanta` rounds, and a visit ends at the first return after its quantum.
 */
export class Budget<Connection> {
  readonly counts = { borrowed: 0, waited: 0, waitedMs: 0, connects: 0, connectFailures: 0, takeOvers: 0, refused: 0 };
  private readonly turns: Turns<Connection>;
  private readonly worth: Worth<Connection>;
  private readonly idlePools = new Set<Pool<Connection>>();
  private readonly queued = new Set<Pool<Connection>>();
  private held = 0;
  private opening = 0;
  private closing = 0;
  private waiting = 0;
  private connectMs = tickMs;
  private ticking = false;
  private whenEmpty: (() => void) | undefined;
  private closed = false;

  constructor(
    private readonly limits: BudgetLimits,
    private readonly connector: Connector<Connection>,
    private readonly clock: Clock,
  ) {
    this.turns = new Turns(limits.visitQuantumMs);
    this.worth = new Worth(limits.halfLifeMs);
  }

  /** An idle connection of this tenant, in this very tick. Give it back with the number in `slot.lending`. */
  tryBorrow(pool: Pool<Connection>): Slot<Connection> | undefined {
    const slot = pool.idle.pop();
    if (slot === undefined) return undefined;
    if (pool.idle.length === 0) this.idlePools.delete(pool);
    this.lend(slot, this.clock.now());
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
    const behind = this.waiting;
    const full = behind >= this.limits.queueLimit || pool.waiters.length >= this.limits.tenantQueueLimit;
    if (this.closed || full || deadlineAt <= now) {
      this.counts.refused++;
      return refuse(this.connector.refused(this.closed ? 'closed' : full ? 'full' : 'late', 0, behind));
    }
    const refusal = pool.held - pool.closing === 0 ? this.connector.refusal(pool) : undefined;
    if (refusal) return refuse(refusal);
    pool.waiters.push({ since: now, deadlineAt, behind, lend, refuse });
    this.waiting++;
    this.queued.add(pool);
    this.want(pool, now);
    this.pump(now);
    this.tickLater();
  }

  /** Ends a borrow; a second call for the same `lending` does nothing. Who is not sure of the connection's state says so with `fit`. */
  giveBack(slot: Slot<Connection>, lending: number, fit: boolean): void {
    if (slot.state !== 'busy' || slot.lending !== lending) return;
    const { pool } = slot;
    const now = this.clock.now();
    const usedMs = now - slot.since;
    pool.usedMs += usedMs;
    if (this.turns.size > 0) this.turns.charge(pool, usedMs);
    if (!fit || this.mustClose(slot, now)) this.retire(slot, now);
    else if (pool.waiters.length > 0 && pool.deficitMs <= 0 && this.othersNeedIt()) {
      this.counts.takeOvers++;
      this.retire(slot, now);
    } else this.settle(slot, now);
    this.pump(now);
  }

  /** The connection died by itself. */
  lost(slot: Slot<Connection>): void {
    slot.unfit = true;
    if (slot.state !== 'idle') return;
    const now = this.clock.now();
    this.retireIdle(slot, now);
    this.pump(now);
  }

  /** From now on this tenant's connections are opened anew: idle ones close at once, busy ones when they come back. */
  rotate(pool: Pool<Connection>): void {
    const now = this.clock.now();
    pool.epoch++;
    pool.retryAt = 0;
    for (const slot of [...pool.idle]) this.retireIdle(slot, now);
    this.pump(now);
  }

  /** Tenants' limits change too. */
  resizePool(pool: Pool<Connection>, max: number): void {
    const now = this.clock.now();
    pool.max = max;
    while (pool.held - pool.closing > max && pool.idle[0]) this.retireIdle(pool.idle[0], now);
    this.want(pool, now);
    this.pump(now);
  }

  resize(connections: number): void {
    const now = this.clock.now();
    this.limits.connections = connections;
    while (this.held - this.closing > connections && this.retireLeast(now)) continue;
    this.pump(now);
  }

  /** Closes what lay idle or lived too long. */
  sweep(): void {
    const now = this.clock.now();
    for (const pool of [...this.idlePools]) {
      for (const slot of [...pool.idle]) {
        if (now - slot.since >= this.limits.idleCloseMs || this.mustClose(slot, now)) this.retireIdle(slot, now);
      }
    }
    this.pump(now);
  }

  /** Refuses who waits, closes what is idle, and resolves when the last busy connection has come back and is closed. */
  async close(): Promise<void> {
    const now = this.clock.now();
    this.closed = true;
    for (const pool of [...this.queued]) this.refuseAll(pool, this.connector.refused('closed', 0, this.waiting));
    while (this.retireLeast(now)) continue;
    if (this.held > 0) await new Promise<void>((resolve) => (this.whenEmpty = resolve));
  }

  snapshot() {
    const { held, opening, closing, waiting, connectMs } = this;
    let idle = 0;
    for (const pool of this.idlePools) idle += pool.idle.length;
    let longestWaitMs = 0;
    const now = this.clock.now();
    for (const { waiters } of this.queued)
      if (waiters[0]) longestWaitMs = Math.max(longestWaitMs, now - waiters[0].since);
    const busy = held - idle - opening - closing;
    return {
      budget: this.limits.connections,
      held,
      busy,
      idle,
      opening,
      closing,
      waiting,
      longestWaitMs,
      connectMs,
      ...this.counts,
    };
  }

  private lend(slot: Slot<Connection>, now: number): void {
    slot.state = 'busy';
    slot.since = now;
    slot.lending++;
    this.worth.note(slot, now);
    this.counts.borrowed++;
  }

  /** An open slot without a user: to the first who waits for it, else to rest. */
  private settle(slot: Slot<Connection>, now: number): void {
    const { pool } = slot;
    const waiter = pool.waiters.shift();
    if (waiter === undefined) {
      slot.state = 'idle';
      slot.since = now;
      pool.idle.push(slot);
      this.idlePools.add(pool);
      return;
    }
    this.leftQueue(pool, 1);
    this.counts.waited++;
    this.counts.waitedMs += now - waiter.since;
    this.lend(slot, now);
    const next = pool.waiters[0];
    if (next && now - next.since < this.connectMs) this.turns.remove(pool);
    waiter.lend(slot);
  }

  /**
   * A pool wants a connection when it has none, or when its first waiter has waited as long as a connect takes: to wait as long as the
   * remedy costs is never worse than twice the best choice (the ski-rental argument), and a burst does not open ten connections.
   */
  private want(pool: Pool<Connection>, now: number): void {
    const [first] = pool.waiters;
    if (first === undefined || pool.opening || pool.held >= pool.max || pool.retryAt > now) return;
    if (pool.held - pool.closing === 0 || now - first.since >= this.connectMs) this.turns.add(pool);
  }

  /** Connects for wanting pools, in turn; makes room by closing the idle connection worth least. */
  private pump(now: number): void {
    while (this.turns.size > 0 && this.opening < this.limits.connectsAtOnce) {
      if (this.held < this.limits.connections) {
        const pool = this.turns.take();
        if (pool) this.open(pool, now);
      } else {
        const onTheirWay = Math.max(0, this.closing - (this.held - this.limits.connections));
        if (onTheirWay >= Math.min(this.turns.size, this.limits.connectsAtOnce) || !this.retireLeast(now)) return;
        this.counts.takeOvers++;
      }
    }
  }

  /** Whether a pool wants what only the slot now coming back can give. */
  private othersNeedIt(): boolean {
    return (
      this.turns.size > 0 &&
      this.held >= this.limits.connections &&
      this.idlePools.size === 0 &&
      this.closing + this.opening < Math.min(this.turns.size, this.limits.connectsAtOnce)
    );
  }

  private open(pool: Pool<Connection>, now: number): void {
    const refusal = this.connector.refusal(pool);
    if (refusal) return this.refuseAll(pool, refusal);
    const slot = new Slot(pool);
    pool.opening = true;
    pool.held++;
    this.held++;
    this.opening++;
    this.counts.connects++;
    slot.since = now;
    this.connector.open(slot).then(
      (connection) => this.opened(slot, connection),
      (failure: Error) => this.failed(slot, failure),
    );
  }

  private opened(slot: Slot<Connection>, connection: Connection): void {
    const { pool } = slot;
    const now = this.clock.now();
    this.opening--;
    pool.opening = false;
    pool.failures = 0;
    this.connectMs += (now - slot.since - this.connectMs) / 8;
    slot.connection = connection;
    // No two lives end together: the golden ratio spreads them evenly.
    slot.expiresAt = now + this.limits.lifetimeMs * (0.9 + 0.1 * ((this.counts.connects * 0.618034) % 1));
    if (this.mustClose(slot, now)) this.retire(slot, now);
    else this.settle(slot, now);
    this.pump(now);
  }

  private failed({ pool }: Slot<Connection>, failure: Error): void {
    const now = this.clock.now();
    this.opening--;
    pool.opening = false;
    pool.failures++;
    pool.lastFailure = failure;
    this.counts.connectFailures++;
    this.freed(pool);
    const retryMs = this.closed ? undefined : this.connector.retryAfterMs(failure, pool.failures);
    const alone = pool.held - pool.closing === 0;
    pool.retryAt = now + (retryMs ?? (alone ? 0 : 1000));
    if (alone && retryMs === undefined) this.refuseAll(pool, failure);
    this.pump(now);
  }

  private mustClose(slot: Slot<Connection>, now: number): boolean {
    return (
      this.closed ||
      slot.unfit ||
      slot.epoch !== slot.pool.epoch ||
      slot.expiresAt <= now ||
      this.held - this.closing > this.limits.connections ||
      slot.pool.held - slot.pool.closing > slot.pool.max
    );
  }

  private retireLeast(now: number): boolean {
    const slot = this.worth.least(this.idlePools, now);
    if (slot) this.retireIdle(slot, now);
    return slot !== undefined;
  }

  private retireIdle(slot: Slot<Connection>, now: number): void {
    const { idle } = slot.pool;
    idle.splice(idle.indexOf(slot), 1);
    if (idle.length === 0) this.idlePools.delete(slot.pool);
    this.retire(slot, now);
  }

  private retire(slot: Slot<Connection>, now: number): void {
    const { pool } = slot;
    slot.state = 'closing';
    pool.closing++;
    this.closing++;
    this.want(pool, now);
    void this.connector.close(slot.connection).then(() => {
      pool.closing--;
      this.closing--;
      this.freed(pool);
      const later = this.clock.now();
      this.want(pool, later);
      this.pump(later);
    });
  }

  private freed(pool: Pool<Connection>): void {
    pool.held--;
    this.held--;
    if (this.held === 0) this.whenEmpty?.();
  }

  private leftQueue(pool: Pool<Connection>, waiters: number): void {
    this.waiting -= waiters;
    if (pool.waiters.length > 0) return;
    this.queued.delete(pool);
    this.turns.remove(pool);
    pool.failures = 0;
  }

  private refuseAll(pool: Pool<Connection>, reason: Error): void {
    const refused = pool.waiters.splice(0);
    this.leftQueue(pool, refused.length);
    for (const waiter of refused) waiter.refuse(reason);
  }

  private tickLater(): void {
    if (this.ticking) return;
    this.ticking = true;
    this.clock.after(tickMs, () => {
      this.ticking = false;
      const now = this.clock.now();
      for (const pool of [...this.queued]) {
        this.refuseLate(pool, now);
        this.want(pool, now);
      }
      this.pump(now);
      if (this.waiting > 0) this.tickLater();
    });
  }

  private refuseLate(pool: Pool<Connection>, now: number): void {
    const late = pool.waiters.filter((waiter) => waiter.deadlineAt <= now);
    if (late.length === 0) return;
    const failure = pool.failures > 0 ? pool.lastFailure : undefined;
    pool.waiters.splice(0, pool.waiters.length, ...pool.waiters.filter((waiter) => waiter.deadlineAt > now));
    this.leftQueue(pool, late.length);
    for (const { refuse, since, behind } of late) {
      this.counts.refused++;
      refuse(failure ?? this.connector.refused('late', now - since, behind));
    }
  }
}
