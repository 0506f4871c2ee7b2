import type { Pool } from './pool.js';

/** Debts are forgiven beyond this many quanta, so that no tenant is passed over more often than that. */
export const debtLimitQuanta = 8;

/**
 * Whose turn it is among the pools that want a connection: deficit round robin over the time connections were used
 * (Shreedhar and Varghese, 1996). A pool that has used more than its share is passed over, at most `debtLimitQuanta` times, and
 * never while nobody else wants: the next pool is always found.
 */
export class Turns<Connection> {
  private readonly wanting = new Set<Pool<Connection>>();

  constructor(private readonly quantumMs: number) {}

  get size(): number {
    return this.wanting.size;
  }

  add(pool: Pool<Connection>): void {
    this.wanting.add(pool);
  }

  remove(pool: Pool<Connection>): void {
    this.wanting.delete(pool);
  }

  /** Whether a pool wants that has none, or less than this one has without a connection of its own. */
  anyoneNeedsMoreThan(pool: Pool<Connection>): boolean {
    for (const other of this.wanting) if (other !== pool && (other.isCold || other.held + 1 < pool.held)) return true;
    return false;
  }

  /** Takes the pool whose turn it is; its visit begins. */
  take(): Pool<Connection> | undefined {
    for (const pool of this.wanting) {
      this.wanting.delete(pool);
      pool.deficitMs = Math.min(pool.deficitMs + this.quantumMs, this.quantumMs);
      if (pool.deficitMs > 0 || this.wanting.size === 0) return pool;
      // To the end of the round; a Set's iterator meets it there again.
      this.wanting.add(pool);
    }
    return undefined;
  }

  charge(pool: Pool<Connection>, usedMs: number): void {
    pool.deficitMs = Math.max(pool.deficitMs - usedMs, -debtLimitQuanta * this.quantumMs);
  }
}
