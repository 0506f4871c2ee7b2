import { SecretUnreadable } from '@tenantry/service-kit';
import { Breakers } from './breakers.js';
import { Budget } from './budget.js';
import { connect, type ConnectOptions } from './connect.js';
import type { Connector } from './connector.js';
import { BudgetExhausted, PoolsClosed, TenantDatabaseUnavailable } from './errors.js';
import { isPassing, kindOf, WrongDatabase } from './failures.js';
import { addressOf, type Place } from './place.js';
import { Pool, type Slot } from './pool.js';
import type { Session } from './session.js';
import type { ConnectionSettings } from './settings.js';

/** Where the library says what an operator must know. A pino logger is one. */
export interface Reports {
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/** A tenant as a cluster sees it: where it is, and the share it has now. */
interface Resident {
  readonly place: Place;
  share: TenantShare | undefined;
  /** Of the shares it had before. */
  usedMs: number;
  weight: number;
}

/** A tenant's part of one cluster, from its first request until it is at rest; all that outlives it are two numbers. */
export class TenantShare extends Pool<Session> {
  constructor(
    readonly resident: Resident,
    readonly cluster: Cluster,
    max: number,
  ) {
    super(resident.place.id, max);
    this.weight = resident.weight;
  }

  override rested(): void {
    const { resident } = this;
    resident.usedMs += Math.round(this.usedMs);
    this.usedMs = 0;
    resident.weight = Math.max(resident.weight, this.weight);
    if (resident.share === this) resident.share = undefined;
  }
}

const clock = {
  now: () => performance.now(),
  after: (ms: number, run: () => void) => void setTimeout(run, ms),
};

/** One PostgreSQL server: its budget, its breakers, and how a session of one of its tenants is opened. */
export class Cluster implements Connector<Session> {
  readonly budget: Budget<Session>;
  readonly breakers: Breakers;
  private readonly sessions = new Map<Session, Slot<Session>>();

  constructor(
    readonly address: string,
    budget: number,
    private readonly settings: ConnectionSettings,
    private readonly options: ConnectOptions,
    private readonly outside: { reload(tenantId: string): Promise<Resident>; reports: Reports },
  ) {
    this.budget = new Budget({ ...settings, connections: budget }, this, clock);
    this.breakers = new Breakers(settings);
  }

  /** The share of a tenant that lives here. */
  shareFor(entry: Resident): TenantShare {
    return new TenantShare(entry, this, this.mostFor(entry.place));
  }

  /** Its connections are of the past: credentials, limits or the state have changed, or it has moved away. */
  renew(share: TenantShare): void {
    this.budget.renew(share, this.mostFor(share.resident.place));
  }

  async open(slot: Slot<Session>): Promise<Session> {
    const { pool } = slot;
    try {
      const entry = this.residentOf(pool);
      const session = await this.breakers.run(pool.tenantId, () => this.connect(entry, slot));
      this.sessions.set(session, slot);
      return session;
    } catch (failure) {
      if (failure instanceof SecretUnreadable) {
        this.outside.reports.error(
          { tenantId: pool.tenantId, cluster: this.address, err: failure },
          'ALARM: unreadable password',
        );
      }
      if (failure instanceof WrongDatabase) {
        this.outside.reports.error(
          { tenantId: pool.tenantId, cluster: this.address, err: failure },
          'ALARM: wrong database',
        );
      }
      throw failure instanceof TenantDatabaseUnavailable ? failure : new TenantDatabaseUnavailable(failure);
    }
  }

  async close(session: Session): Promise<void> {
    this.sessions.delete(session);
    await session.close();
  }

  refusal({ tenantId }: Pool<Session>): Error | undefined {
    const openMs = this.breakers.openMs(tenantId);
    return openMs > 0 ? new TenantDatabaseUnavailable('a breaker is open', Math.ceil(openMs / 1000)) : undefined;
  }

  /** Full jitter (Brooker, 2015): tries of many tenants after one failure of their cluster do not come together. */
  retryAfterMs(failure: Error, failures: number): number | undefined {
    if (failures >= this.settings.connectTries || !isPassing(failure.cause)) return undefined;
    return Math.random() * this.settings.retryDelayMs * 2 ** failures;
  }

  refused(reason: 'full' | 'late' | 'closed', waitedMs: number, behind: number): Error {
    return reason === 'closed' ? new PoolsClosed() : new BudgetExhausted(waitedMs, behind);
  }

  /** Lends a connection; `lend` is called in this tick if one is idle. */
  borrow(
    pool: Pool<Session>,
    deadlineAt: number,
    lend: (slot: Slot<Session>) => void,
    refuse: (reason: Error) => void,
  ): void {
    const slot = this.budget.tryBorrow(pool);
    if (slot) lend(slot);
    else this.budget.wait(pool, Math.min(deadlineAt, clock.now() + this.settings.waitTimeoutMs), lend, refuse);
  }

  /** Ends a borrow; the session is cleaned first where its user left something behind. */
  giveBack(slot: Slot<Session>, lending: number, fit = true): void {
    if (slot.lending !== lending) return;
    const session = slot.connection;
    if (session.returning) return;
    session.holder = undefined;
    if (fit && session.isClean) return this.budget.giveBack(slot, lending, true);
    session.returning = true;
    void session.clean().then((clean) => {
      session.returning = false;
      this.budget.giveBack(slot, lending, fit && clean);
    });
  }

  /** Takes back what the work of an ended lease has left lying about: nobody else will. */
  reclaim(holder: object): void {
    for (const [session, slot] of this.sessions)
      if (session.holder === holder) this.giveBack(slot, slot.lending, false);
  }

  sweep(): void {
    const now = clock.now();
    for (const session of this.sessions.keys()) session.endSilence(now, this.settings.silenceMs);
    this.budget.sweep();
  }

  /** What was agreed with the tenant, be it more than is usual: the budget bounds all together. */
  private mostFor({ maxConnections }: Place): number {
    return maxConnections ?? this.settings.maxConnectionsPerTenant;
  }

  private async connect(entry: Resident, slot: Slot<Session>): Promise<Session> {
    const ended = (): void => this.budget.lost(slot);
    const { place } = entry;
    try {
      return await connect(place, this.options, ended);
    } catch (failure) {
      if (kindOf(failure) !== 'credentials') throw failure;
      // Its password may have been changed before we were told.
      const fresh = await this.outside.reload(entry.place.id).catch(() => entry);
      if (fresh.place.password === place.password || addressOf(fresh.place) !== this.address) throw failure;
      return await connect(fresh.place, this.options, ended);
    }
  }

  private residentOf(pool: Pool<Session>): Resident {
    const resident = pool instanceof TenantShare ? pool.resident : undefined;
    if (resident?.share !== pool || addressOf(resident.place) !== this.address)
      throw new TenantDatabaseUnavailable('the tenant has moved', 1);
    return resident;
  }
}
