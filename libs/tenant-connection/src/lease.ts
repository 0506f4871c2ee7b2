import type { TenantEntry } from './directory.js';
import { LeaseExpired } from './errors.js';

/**
 * A message's hold on its tenant.
 *
 * Invariant: it counts once in `entry.leases` from its making to its first release; further releases do nothing.
 */
export class Lease {
  readonly transaction = undefined;
  released = false;
  overdueReported = false;
  /** Connections that its work has borrowed and not given back. */
  borrowed = 0;

  constructor(
    readonly entry: TenantEntry,
    /** On the clock of `performance.now()`. */
    readonly deadlineAt: number,
    /** What took it: the subject of a message, the name of a job. */
    readonly subject: string,
    private readonly active: Set<Lease>,
  ) {
    entry.leases++;
    active.add(this);
  }

  get lease(): this {
    return this;
  }

  /** @throws LeaseExpired */
  checkAt(now: number): void {
    if (this.released) throw new LeaseExpired(this.subject, 'released');
    if (now >= this.deadlineAt) throw new LeaseExpired(this.subject, 'deadline');
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.entry.leases--;
    this.active.delete(this);
  }
}
