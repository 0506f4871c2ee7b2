import type { TenantNotice, TenantState } from '@tenantry/contracts';
import type { QueryResultRow } from 'pg';
import { type DataSource, type EntityManager, QueryFailedError } from 'typeorm';
import { ServiceError } from '@tenantry/service-kit';
import { currentScope, runInScope } from './ambient.js';
import { Cluster, type Reports } from './clusters.js';
import type { ConnectOptions } from './connect.js';
import { Directory, type DirectorySource, type TenantEntry } from './directory.js';
import { LeaseExpired, PoolsClosed, TenantSuspended } from './errors.js';
import { Lease } from './lease.js';
import { addressOf } from './place.js';
import type { Slot } from './pool.js';
import { SchemaWindow } from './schema-window.js';
import type { Scope } from './scope.js';
import type { Session } from './session.js';
import { type ConnectionSettings, settingsOf } from './settings.js';
import { type PoolsSnapshot, snapshotOf } from './snapshot.js';
import { JoinedSession, transact } from './transaction.js';

export interface ConnectionsOptions {
  readonly service: string;
  /** The oldest version of tenants' schema that the service can serve. */
  readonly oldestSchema: number;
  readonly settings?: Partial<ConnectionSettings>;
  readonly source: DirectorySource;
  /** Opens the sealed password of a place. */
  readonly open: ConnectOptions['open'];
  readonly reports: Reports;
}

/** What a lease is taken for. */
export interface LeaseOptions {
  /** Milliseconds on the clock of `performance.now()`. */
  readonly deadlineAt: number;
  /** States of the tenant in which the work may be done. */
  readonly states: readonly TenantState[];
  /** Named in reports: the subject of a message, the name of a job. */
  readonly subject: string;
}

type Lend<S = Session> = (session: S, release: (failure?: unknown) => void) => void;

const sweepMs = 1000;
const jobMs = 60_000;
const onlyActive: readonly TenantState[] = ['active'];

/**
 * The connections of this process to its tenants' databases.
 *
 * Invariants:
 * - a connection is borrowed only through a scope, for the tenant of its lease, so no code chooses a database by name;
 * - a lease is taken in the tick in which its entry is found, so that neither eviction nor a change comes between;
 * - one timer serves every tenant.
 */
export class TenantConnections {
  private readonly settings: ConnectionSettings;
  private readonly directory: Directory;
  private readonly window: SchemaWindow;
  private readonly clusters = new Map<string, Cluster>();
  private readonly leases = new Set<Lease>();
  private readonly sweeper: NodeJS.Timeout;
  private budget: number;
  private dataSource: DataSource | undefined;
  private closing: Promise<void> | undefined;
  private leasesEnded: (() => void) | undefined;

  constructor(private readonly options: ConnectionsOptions) {
    this.settings = settingsOf(options.settings);
    this.budget = this.settings.budget;
    this.window = new SchemaWindow(options.oldestSchema, options.reports);
    this.directory = new Directory(
      this.settings,
      options.source,
      (entry) => this.renew(entry),
      () => performance.now(),
    );
    this.sweeper = setInterval(() => this.sweep(), sweepMs).unref();
  }

  /**
   * Runs work inside a tenant, holding its lease.
   * @throws TenantNotFound, TenantSuspended, TenantBehind, PoolsClosed, or what the directory's source raised
   */
  async lease<Result>(tenantId: string, options: LeaseOptions, work: () => Promise<Result>): Promise<Result> {
    if (this.closing) throw new PoolsClosed();
    const entry = this.directory.find(tenantId) ?? (await this.directory.load(tenantId));
    if (this.closing) throw new PoolsClosed();
    if (!options.states.includes(entry.state)) throw new TenantSuspended(entry.state);
    this.window.check(entry);
    const lease = new Lease(entry, options.deadlineAt, options.subject, this.leases);
    try {
      return await runInScope(lease, work);
    } catch (failure) {
      // What TypeORM wraps is not its failure, and the wrapping holds SQL.
      throw failure instanceof QueryFailedError && failure.driverError instanceof ServiceError
        ? failure.driverError
        : failure;
    } finally {
      lease.release();
      if (lease.borrowed > 0) for (const cluster of this.clusters.values()) cluster.reclaim(lease);
      if (this.leases.size === 0) this.leasesEnded?.();
    }
  }

  /** For jobs: the same, with a minute to do it in unless said otherwise. */
  runInTenant<Result>(
    tenantId: string,
    work: () => Promise<Result>,
    options: Partial<LeaseOptions> = {},
  ): Promise<Result> {
    const { deadlineAt = performance.now() + jobMs, states = onlyActive, subject = 'job' } = options;
    return this.lease(tenantId, { deadlineAt, states, subject }, work);
  }

  /**
   * A statement prepared under its name once per connection, so that the server plans it once: for hot reads. Inside a transaction it
   * is part of it. Rows are as PostgreSQL gives them, not entities, except that a `timestamptz` is RFC 3339 text in UTC.
   */
  async query<Row extends QueryResultRow>(name: string, text: string, values: unknown[] = []): Promise<Row[]> {
    const scope = currentScope();
    if (scope.transaction) return new JoinedSession(scope.lease, scope.transaction).prepared<Row>(name, text, values);
    try {
      return await this.queryOnce<Row>(scope, name, text, values);
    } catch (failure) {
      // A migration has changed a table under a prepared plan: nothing was done, and another connection plans anew.
      if (!isStalePlan(failure)) throw failure;
      return this.queryOnce<Row>(scope, name, text, values);
    }
  }

  /** All of the work or none of it. Stock repositories used inside take part in it. */
  async transaction<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    if (this.dataSource === undefined) throw new Error('transaction() needs the DataSource of TenantConnectionModule');
    return transact(this.dataSource, currentScope(), work);
  }

  /** A tenant has changed; see the registry's notices. */
  notice(notice: Pick<TenantNotice, 'tenantId' | 'generation' | 'state'>): void {
    this.directory.notice(notice);
  }

  /** Notices may have been missed: what is known of tenants is asked for again when it is next used. */
  doubt(): void {
    this.directory.doubt();
  }

  /** The state of everything at this moment. */
  pools(): PoolsSnapshot {
    const ours = { service: this.options.service, budget: this.budget };
    const { directory, leases } = this;
    return snapshotOf(ours, this.clusters.values(), directory.all(), directory.size, leases.size);
  }

  /** Changes the budget of every cluster, while work goes on. */
  resize(budget: number): void {
    this.budget = settingsOf({ ...this.options.settings, budget }).budget;
    for (const cluster of this.clusters.values()) cluster.budget.resize(budget);
  }

  /** Takes no more work, waits for the leases at most `closeGraceMs`, closes every connection. */
  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  /** For the driver: a session of the running code's tenant. `lend` is called in this tick where one is idle. */
  borrow(lend: Lend<Session | JoinedSession>, refuse: (reason: unknown) => void): void {
    let scope: Scope;
    try {
      scope = currentScope();
      scope.lease.checkAt(performance.now());
    } catch (reason) {
      return refuse(reason);
    }
    if (scope.transaction) lend(new JoinedSession(scope.lease, scope.transaction), () => undefined);
    else this.borrowFor(scope.lease, lend, refuse);
  }

  /** For the module: the DataSource whose pool this is. */
  attach(dataSource: DataSource): void {
    this.dataSource = dataSource;
  }

  private borrowFor(lease: Lease, lend: Lend, refuse: (reason: unknown) => void): void {
    const { entry } = lease;
    const share = (entry.share ??= this.clusterOf(entry).shareFor(entry));
    const { cluster } = share;
    const lent = (slot: Slot<Session>): void => {
      const { connection, lending } = slot;
      if (lease.released) {
        cluster.giveBack(slot, lending);
        return refuse(new LeaseExpired(lease.subject, 'released'));
      }
      lease.borrowed++;
      connection.holder = lease;
      let isOut = true;
      lend(connection, (failure) => {
        if (!isOut) return;
        isOut = false;
        lease.borrowed--;
        cluster.giveBack(slot, lending, failure === undefined);
      });
    };
    cluster.borrow(share, lease.deadlineAt, lent, refuse);
  }

  private queryOnce<Row extends QueryResultRow>(
    scope: Scope,
    name: string,
    text: string,
    values: unknown[],
  ): Promise<Row[]> {
    scope.lease.checkAt(performance.now());
    return new Promise((resolve, reject) => {
      this.borrowFor(
        scope.lease,
        (session, release) => {
          session.prepared<Row>(name, text, values).then(
            (rows) => {
              release();
              resolve(rows);
            },
            (failure: Error) => {
              release();
              reject(failure);
            },
          );
        },
        reject,
      );
    });
  }

  private clusterOf({ place }: TenantEntry): Cluster {
    const address = addressOf(place);
    let cluster = this.clusters.get(address);
    if (cluster === undefined) {
      const { options, directory } = this;
      const outside = { reload: (tenantId: string) => directory.load(tenantId), reports: options.reports };
      const connecting = { ...this.settings, service: options.service, open: options.open };
      cluster = new Cluster(address, this.budget, this.settings, connecting, outside);
      this.clusters.set(address, cluster);
    }
    return cluster;
  }

  private renew(entry: TenantEntry): void {
    const { share } = entry;
    if (share === undefined) return;
    share.cluster.renew(share);
    if (addressOf(entry.place) !== share.cluster.address) entry.share = undefined;
  }

  private sweep(): void {
    const now = performance.now();
    for (const lease of this.leases) {
      if (lease.overdueReported || now < lease.deadlineAt) continue;
      lease.overdueReported = true;
      const { subject, entry } = lease;
      this.options.reports.warn({ tenantId: entry.place.id, subject }, 'a lease outlives the deadline of its message');
    }
    for (const cluster of this.clusters.values()) cluster.sweep();
  }

  private async closeAll(): Promise<void> {
    clearInterval(this.sweeper);
    if (this.leases.size > 0) {
      const ended = new Promise<void>((resolve) => (this.leasesEnded = resolve));
      await within(this.settings.closeGraceMs, ended);
    }
    await within(
      this.settings.closeGraceMs,
      Promise.all([...this.clusters.values()].map(({ budget }) => budget.close())),
    );
  }
}

const isStalePlan = (failure: unknown): boolean =>
  failure instanceof Error && 'code' in failure && (failure.code === '0A000' || failure.code === '26000');

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}
