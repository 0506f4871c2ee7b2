import type { Pool, Slot } from './pool.js';

/** What the budget cannot do itself: it knows nothing of PostgreSQL. */
export interface Connector<Connection> {
  /** Opens the connection of this slot; the budget may be told of its loss from then on. */
  open(slot: Slot<Connection>): Promise<Connection>;
  /** Resolves once the server no longer counts the connection; never rejects. */
  close(connection: Connection): Promise<void>;
  /** Why no connect should be tried now, if so: a breaker is open. */
  refusal(pool: Pool<Connection>): Error | undefined;
  /** Milliseconds until the next try after so many failures, or undefined where trying again cures nothing. */
  retryAfterMs(failure: Error, failures: number): number | undefined;
  /** The error for someone who waited so long behind so many, in vain. */
  refused(reason: 'full' | 'late' | 'closed', waitedMs: number, behind: number): Error;
}

/** Given from outside, so that tests can turn it. */
export interface Clock {
  /** Milliseconds. */
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
