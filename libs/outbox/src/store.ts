import type { TenantState } from '@tenantry/contracts';
import { currentRequest } from '@tenantry/service-kit';
import type { EntityManager } from 'typeorm';

/** All that the outbox asks of a service's tenant databases; `TenantConnections` fits as it is. */
export interface TenantDatabases {
  runInTenant<Result>(
    tenantId: string,
    work: () => Promise<Result>,
    options?: { deadlineAt?: number; states?: readonly TenantState[]; subject?: string },
  ): Promise<Result>;
  transaction<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result>;
  query<Row extends Record<string, unknown>>(name: string, text: string, values?: unknown[]): Promise<Row[]>;
}

/** All that the outbox asks of a central database; a TypeORM `DataSource` fits as it is. */
export interface CentralDatabase {
  transaction<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result>;
}

/** A statement of the open transaction, prepared under its name where the database does that. */
export type Query = <Row extends Record<string, unknown>>(
  name: string,
  text: string,
  values?: unknown[],
) => Promise<Row[]>;

/** Where an outbox lies: a tenant's id, or {@link central}. */
export type Place = string;
export const central: Place = 'central';

/** Where a service keeps what it has to tell. */
export interface Store {
  /** One outbox that is always looked at, instead of tenants' that must be hinted at. */
  readonly isCentral: boolean;
  /** Where the running code writes. Raises where that is no place of this store. */
  here(): Place;
  /** The tenant that lives there; undefined for a place that is no tenant's. */
  tenantOf(place: Place): string | undefined;
  /** Runs work there. */
  within<Result>(place: Place, work: () => Promise<Result>, deadlineAt: number): Promise<Result>;
  /** All of the work or none of it, in the database the running code is in. */
  transaction<Result>(work: (manager: EntityManager, query: Query) => Promise<Result>): Promise<Result>;
}

/** States in which a tenant has a database that may be read: what has happened is told also when nobody may enter any more. */
const told: readonly TenantState[] = ['provisioning', 'active', 'suspended', 'maintenance'];

/** An outbox in each tenant's database. */
export const tenantStore = (tenants: TenantDatabases): Store => ({
  isCentral: false,
  here() {
    const tenantId = currentRequest()?.caller.tenantId;
    if (!tenantId) throw new TypeError('an event was told outside of a request in a tenant');
    return tenantId;
  },
  tenantOf: (place) => place,
  within: (place, work, deadlineAt) =>
    tenants.runInTenant(place, work, { states: told, subject: 'outbox', deadlineAt }),
  transaction: (work) =>
    tenants.transaction((manager) => work(manager, (name, text, values) => tenants.query(name, text, values))),
});

/** One outbox, in the service's own central database. */
export const centralStore = (database: CentralDatabase): Store => ({
  isCentral: true,
  here: () => central,
  tenantOf: () => undefined,
  within: (_place, work) => work(),
  transaction: (work) =>
    database.transaction((manager) => work(manager, (_name, text, values) => manager.query(text, values))),
});
