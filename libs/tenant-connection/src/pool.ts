/**
 * What one tenant has of a cluster's budget: its connections, and who waits for one.
 *
 * Invariants, kept by {@link Budget}, the only writer:
 * - a slot belongs to one pool for its whole life, so a connection of one tenant cannot reach another;
 * - `held` counts every slot that the server may still count: opening, idle, busy, and closing until it is gone;
 * - `idle` and `waiters` are never both occupied.
 */
export class Pool<Connection> {
  /** Idle slots, the one used last at the end: it is lent first, so that the rest may grow old and be closed. */
  readonly idle: Slot<Connection>[] = [];
  readonly waiters: Waiter<Connection>[] = [];
  /** Slots of an older epoch are closed instead of lent. */
  epoch = 0;
  held = 0;
  closing = 0;
  opening = false;
  /** When its last connect ended well. */
  openedAt = 0;
  /** No connect before this time: the last one failed. */
  retryAt = 0;
  failures = 0;
  lastFailure: Error | undefined;
  /** What is left of its turn, in milliseconds of connection time (deficit round robin). */
  deficitMs = 0;
  usedMs = 0;
  /** How often it is used; see `idle-slots.ts`. */
  weight = -Infinity;

  constructor(
    readonly tenantId: string,
    public max: number,
  ) {}

  /** It has no connection, nor one on its way. */
  get isCold(): boolean {
    return this.held === this.closing;
  }

  get busy(): number {
    return this.held - this.closing - this.idle.length - (this.opening ? 1 : 0);
  }

  get atRest(): boolean {
    return this.held === 0 && this.waiters.length === 0;
  }

  /** Called when it has come to rest: its user may forget it, and make another for the tenant's next request. */
  rested(): void {
    // Whoever keeps nothing beside the pool has nothing to do.
  }
}

/** One connection, or the place of one that is opening or closing. */
export class Slot<Connection> {
  state: 'opening' | 'idle' | 'busy' | 'closing' = 'opening';
  /** Set once it is open. */
  connection!: Connection;
  readonly epoch: number;
  /** The end of its life. */
  expiresAt = 0;
  /** When its connect began, it was lent, or it came back: since when it is in its state. */
  since = 0;
  /** Counts its borrows, so that a late second release of one cannot end the next. */
  lending = 0;
  /** Its connection died, or was left in a state that nobody may inherit. */
  unfit = false;
  /** Of its own borrows: what a tenant's second connection is worth. */
  weight = -Infinity;

  constructor(readonly pool: Pool<Connection>) {
    this.epoch = pool.epoch;
  }
}

/** Someone waiting for a slot. Exactly one of `lend` and `refuse` is called, once. */
export interface Waiter<Connection> {
  readonly since: number;
  readonly deadlineAt: number;
  /** How many waited in the cluster when it came. */
  readonly behind: number;
  readonly lend: (slot: Slot<Connection>) => void;
  readonly refuse: (reason: Error) => void;
}
