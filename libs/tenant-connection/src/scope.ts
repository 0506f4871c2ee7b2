import type { EntityManager } from 'typeorm';
import type { Lease } from './lease.js';
import type { Session } from './session.js';

/** The tenant that the running code works for, and its open transaction. */
export interface Scope {
  readonly lease: Lease;
  readonly transaction: Transaction | undefined;
}

/** One transaction of a scope. */
export interface Transaction {
  readonly session: Session;
  readonly manager: EntityManager;
  /** Its session belongs to somebody else by now. */
  over: boolean;
  /** Part of it was rolled back by a stock repository, so that the rest must not be committed. */
  failed: boolean;
}
