import type { QueryResultRow } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import { runInScope } from './ambient.js';
import { LeaseExpired } from './errors.js';
import type { Lease } from './lease.js';
import type { Scope, Transaction } from './scope.js';
import type { Session } from './session.js';

/** All of the work or none of it; within a transaction, all or none of a part of it (a savepoint). */
export async function transact<Result>(
  dataSource: DataSource,
  { lease, transaction: outer }: Scope,
  work: (manager: EntityManager) => Promise<Result>,
): Promise<Result> {
  if (outer) return outer.manager.transaction(work);
  const runner = dataSource.createQueryRunner();
  const session = (await runner.connect()) as Session;
  const transaction: Transaction = { session, manager: runner.manager, over: false, failed: false };
  try {
    await runner.startTransaction();
    const result = await runInScope({ lease, transaction }, () => work(runner.manager));
    if (transaction.failed) throw new Error('a part of this transaction was rolled back, so it cannot be committed');
    await runner.commitTransaction();
    return result;
  } catch (failure) {
    // Where this fails too the connection is closed, which rolls back.
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    throw failure;
  } finally {
    transaction.over = true;
    await runner.release();
  }
}

const nothing = { rows: [], rowCount: 0, command: '', fields: [], oid: 0 };

/**
 * The session of an open transaction, as a stock repository sees it. `save` and `remove` begin and commit transactions of their own;
 * here these are part of the open one.
 */
export class JoinedSession {
  constructor(
    private readonly lease: Lease,
    private readonly transaction: Transaction,
  ) {}

  query(text: string | object, values?: unknown[]): Promise<unknown> {
    this.check();
    if (text === 'START TRANSACTION' || text === 'COMMIT') return Promise.resolve(nothing);
    if (text === 'ROLLBACK') {
      this.transaction.failed = true;
      return Promise.resolve(nothing);
    }
    return this.transaction.session.query(text, values);
  }

  prepared<Row extends QueryResultRow>(name: string, text: string, values: unknown[]): Promise<Row[]> {
    this.check();
    return this.transaction.session.prepared<Row>(name, text, values);
  }

  /** Its end is noticed by the transaction. */
  on(): this {
    return this;
  }

  removeListener(): this {
    return this;
  }

  private check(): void {
    this.lease.checkAt(performance.now());
    if (this.transaction.over) throw new LeaseExpired(this.lease.subject, 'released');
  }
}
