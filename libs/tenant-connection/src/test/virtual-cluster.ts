import { Budget } from '../budget.js';
import type { BudgetLimits, Clock, Connector } from '../connector.js';
import { Pool, type Slot } from '../pool.js';

/** When nothing else happens, waiters are looked at so often. */
const longestTickMs = 5;

/** Time that passes when a test says so. */
export class VirtualClock implements Clock {
  /** Called whenever all that a moment causes has happened. */
  look: () => void = () => undefined;
  private time = 0;
  private readonly timers: { readonly at: number; readonly run: () => void }[] = [];

  now(): number {
    return this.time;
  }

  after(ms: number, run: () => void): void {
    const at = this.time + ms;
    const place = this.timers.findIndex((timer) => timer.at > at);
    this.timers.splice(place < 0 ? this.timers.length : place, 0, { at, run });
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    await settled();
    this.look();
    for (let next = this.timers[0]; next && next.at <= end; next = this.timers[0]) {
      this.timers.shift();
      this.time = next.at;
      next.run();
      await settled();
      this.look();
    }
    this.time = end;
  }
}

/** Longer than any chain of promises between a timer and what it causes. */
async function settled(): Promise<void> {
  for (let tick = 0; tick < 8; tick++) await Promise.resolve();
}

export interface VirtualConnection {
  readonly tenantId: string;
  readonly epoch: number;
  users: number;
  lost: boolean;
  closed: boolean;
}

export const usualLimits: BudgetLimits = {
  connections: 4,
  connectsAtOnce: 2,
  visitQuantumMs: 20,
  queueLimit: 1000,
  tenantQueueLimit: 1000,
  idleCloseMs: 300_000,
  lifetimeMs: 3_600_000,
  halfLifeMs: 60_000,
};

/** A failure that passes, unless it says that it lasts. */
export class VirtualFailure extends Error {
  constructor(readonly lasts: boolean) {
    super(lasts ? 'lasting failure' : 'passing failure');
  }
}

export class Refused extends Error {
  constructor(
    readonly reason: 'full' | 'late' | 'closed',
    readonly waitedMs: number,
    readonly behind: number,
  ) {
    super(reason);
  }
}

/** A server that raises when a promise of the budget is broken, whatever the history. */
export class VirtualCluster implements Connector<VirtualConnection> {
  readonly clock = new VirtualClock();
  readonly budget: Budget<VirtualConnection>;
  readonly pools = new Map<string, Pool<VirtualConnection>>();
  readonly broken: string[] = [];
  /** Connections of the server, per tenant, and in all. */
  readonly connections = new Map<string, number>();
  /** Slots in use, so that a test can cut their connections. */
  readonly inUse = new Set<Slot<VirtualConnection>>();
  private readonly opening = new Set<string>();
  all = 0;
  connects = 0;
  connectMs = 4;
  closeMs = 1;
  nextFailures: VirtualFailure[] = [];
  refusing: Error | undefined;

  constructor(
    readonly limits: BudgetLimits = { ...usualLimits },
    private readonly tenantMax = 10,
  ) {
    this.budget = new Budget(limits, this, this.clock);
    this.clock.look = () => this.look();
  }

  pool(tenantId: string): Pool<VirtualConnection> {
    let pool = this.pools.get(tenantId);
    if (pool === undefined) this.pools.set(tenantId, (pool = new Pool(tenantId, this.tenantMax)));
    return pool;
  }

  /** Borrows, uses for so long, gives back. Resolves with the milliseconds waited. */
  async use(
    tenantId: string,
    holdMs: number,
    deadlineMs = Infinity,
    end: { fit?: boolean; twice?: boolean } = {},
  ): Promise<number> {
    const start = this.clock.now();
    const slot = await this.borrow(tenantId, deadlineMs);
    const waited = this.clock.now() - start;
    const { lending } = slot;
    await this.clock.sleep(holdMs);
    this.giveBack(slot, lending, end.fit ?? true);
    if (end.twice) {
      await this.clock.sleep(1);
      this.budget.giveBack(slot, lending, true);
    }
    return waited;
  }

  async borrow(tenantId: string, deadlineMs = Infinity): Promise<Slot<VirtualConnection>> {
    const pool = this.pool(tenantId);
    const idle = this.budget.tryBorrow(pool);
    if (idle) return this.lent(idle, tenantId);
    return new Promise((resolve, reject) => {
      this.budget.wait(pool, this.clock.now() + deadlineMs, (slot) => resolve(this.lent(slot, tenantId)), reject);
    });
  }

  giveBack(slot: Slot<VirtualConnection>, lending: number, fit: boolean): void {
    if (slot.lending === lending) slot.connection.users--;
    this.inUse.delete(slot);
    this.budget.giveBack(slot, lending, fit);
  }

  /** The server ends this connection. */
  lose(slot: Slot<VirtualConnection>): void {
    slot.connection.lost = true;
    this.budget.lost(slot);
  }

  async open({ pool: { tenantId, epoch, max } }: Slot<VirtualConnection>): Promise<VirtualConnection> {
    const before = this.connections.get(tenantId) ?? 0;
    if (this.opening.has(tenantId)) this.broken.push(`two connects of ${tenantId} at once`);
    if (this.all >= this.limits.connections)
      this.broken.push(`over budget: ${this.all + 1} of ${this.limits.connections}`);
    if (before >= max) this.broken.push(`${tenantId} over its maximum: ${before + 1} of ${max}`);
    this.count(tenantId, 1);
    this.connects++;
    const failure = this.nextFailures.shift();
    this.opening.add(tenantId);
    await this.clock.sleep(this.connectMs);
    this.opening.delete(tenantId);
    if (failure === undefined) return { tenantId, epoch, users: 0, lost: false, closed: false };
    this.count(tenantId, -1);
    throw failure;
  }

  async close(connection: VirtualConnection): Promise<void> {
    if (connection.users > 0) this.broken.push(`closed while ${connection.tenantId} was using it`);
    if (connection.closed) this.broken.push('closed twice');
    connection.closed = true;
    await this.clock.sleep(this.closeMs);
    this.count(connection.tenantId, -1);
  }

  refusal(): Error | undefined {
    return this.refusing;
  }

  retryAfterMs(failure: Error, failures: number): number | undefined {
    return failure instanceof VirtualFailure && !failure.lasts && failures < 3 ? 10 * failures : undefined;
  }

  refused(...facts: ConstructorParameters<typeof Refused>): Error {
    return new Refused(...facts);
  }

  private lent(slot: Slot<VirtualConnection>, tenantId: string): Slot<VirtualConnection> {
    const { connection } = slot;
    if (connection.tenantId !== tenantId)
      this.broken.push(`${tenantId} was given a connection of ${connection.tenantId}`);
    if (connection.users > 0) this.broken.push('lent to two at once');
    if (connection.closed) this.broken.push('lent after it was closed');
    if (connection.lost) this.broken.push('lent after it was lost');
    if (connection.epoch !== this.pool(tenantId).epoch) this.broken.push('lent after its generation had passed');
    connection.users++;
    this.inUse.add(slot);
    return slot;
  }

  /** Nobody without a connection waits while there is room for one. */
  private look(): void {
    const { held, budget, idle, opening, closing } = this.budget.snapshot();
    const room = opening < this.limits.connectsAtOnce && (held < budget || (idle > 0 && closing === 0));
    for (const [tenantId, pool] of this.pools) {
      const [first] = pool.waiters;
      if (first && first.deadlineAt < this.clock.now() - longestTickMs)
        this.broken.push(`${tenantId} waits on after its deadline`);
      if (first && room && pool.held === 0 && pool.retryAt <= this.clock.now() - longestTickMs)
        this.broken.push(`${tenantId} waits though there is room`);
    }
  }

  private count(tenantId: string, change: number): void {
    this.all += change;
    this.connections.set(tenantId, (this.connections.get(tenantId) ?? 0) + change);
  }
}
