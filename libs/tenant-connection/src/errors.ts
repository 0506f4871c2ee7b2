import type { ErrorCode, TenantState } from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';

/** A query was sent outside of any tenant: a defect of the code that sent it, which therefore reached no database. */
export class NoTenant extends ServiceError {
  override readonly name = 'NoTenant';
  constructor() {
    super('internal', 'The request failed for a reason of ours.', {
      cause: 'a query outside of a tenant; see runInTenant',
    });
  }
}

/** The registry knows no tenant of this id. */
export class TenantNotFound extends ServiceError {
  override readonly name = 'TenantNotFound';
  constructor() {
    super('tenant-not-found', 'There is no such tenant.');
  }
}

const refusals: Record<Exclude<TenantState, 'active'>, { code: ErrorCode; detail: string }> = {
  provisioning: { code: 'tenant-provisioning', detail: 'The tenant is not ready yet.' },
  suspended: { code: 'tenant-suspended', detail: 'The tenant is suspended.' },
  maintenance: { code: 'tenant-maintenance', detail: 'The tenant is closed for maintenance.' },
  archived: { code: 'tenant-not-found', detail: 'There is no such tenant.' },
  purged: { code: 'tenant-not-found', detail: 'There is no such tenant.' },
  failed: { code: 'tenant-provisioning', detail: 'The tenant is not ready yet.' },
};

/** The tenant is in a state in which this work is not served; the code names the state. */
export class TenantSuspended extends ServiceError {
  override readonly name = 'TenantSuspended';
  constructor(readonly state: TenantState) {
    const { code, detail } = state === 'active' ? refusals.maintenance : refusals[state];
    super(code, detail);
  }
}

/** Its database has an older schema than this service can serve: a migration of it is to come. */
export class TenantBehind extends ServiceError {
  override readonly name = 'TenantBehind';
  constructor() {
    super('tenant-maintenance', "The tenant's database is yet to be brought up to date.");
  }
}

/** Its database does not answer, does not let us in, or is not the one it should be. */
export class TenantDatabaseUnavailable extends ServiceError {
  override readonly name = 'TenantDatabaseUnavailable';
  constructor(cause: unknown, retryAfterSeconds?: number) {
    super('tenant-database-unavailable', 'The database of this tenant cannot be reached at the moment.', {
      cause,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
  }
}

/** No connection came free in time, or too many wait already. */
export class BudgetExhausted extends ServiceError {
  override readonly name = 'BudgetExhausted';
  constructor(
    readonly waitedMs: number,
    /** How many were waiting when it came. */
    readonly behind: number,
  ) {
    super('overloaded', `No database connection came free within ${Math.round(waitedMs)} ms, behind ${behind} others.`);
  }
}

/** Work went on after its message's deadline, or after its lease was given back. */
export class LeaseExpired extends ServiceError {
  override readonly name = 'LeaseExpired';
  constructor(subject: string, reason: 'deadline' | 'released') {
    super('deadline-exceeded', 'The time for this request has run out.', {
      cause:
        reason === 'deadline'
          ? `${subject} went on after its deadline`
          : `${subject} sent a query after it had answered`,
    });
  }
}

/** The process is shutting down. */
export class PoolsClosed extends ServiceError {
  override readonly name = 'PoolsClosed';
  constructor() {
    super('service-unavailable', 'This instance is shutting down.');
  }
}
