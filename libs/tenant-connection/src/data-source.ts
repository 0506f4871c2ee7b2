import { DataSource, type DataSourceOptions, type EntitySchema, type MixedList } from 'typeorm';
import type { TenantConnections } from './connections.js';
import { NoTenant } from './errors.js';

type Entities = MixedList<EntitySchema | (abstract new () => unknown)>;
type Connected = (failure: unknown, connection?: object, release?: (failure?: unknown) => void) => void;

/** Given to TypeORM while it starts, when it takes a connection only to give it back. */
const inert = {
  query: () => Promise.reject(new NoTenant()),
  on: () => inert,
  removeListener: () => inert,
};

/** What TypeORM asks of `pg`: a pool. This one knows the tenant of whoever asks. */
function driverFor(connections: TenantConnections) {
  let started = false;
  return {
    start: () => (started = true),
    Pool: class {
      connect(connected: Connected): void {
        if (!started) return connected(undefined, inert, () => undefined);
        connections.borrow((session, release) => connected(undefined, session, release), connected);
      }

      on(): void {
        // Errors of idle sessions end with their connection; nothing is left to tell TypeORM.
      }

      end(ended: (failure?: unknown) => void): void {
        connections.close().then(() => ended(), ended);
      }
    },
  };
}

/** Closes when the last lease has ended: TypeORM itself would take the connections out of the hands of those at work. */
class TenantDataSource extends DataSource {
  constructor(
    options: DataSourceOptions,
    private readonly connections: TenantConnections,
  ) {
    super(options);
  }

  override async destroy(): Promise<void> {
    await this.connections.close();
    await super.destroy();
  }
}

/**
 * The one DataSource of a service, of which every query runs in the database of the running code's tenant. It opens no connection:
 * all that TypeORM would ask the server at its start is given to it.
 */
export async function openDataSource(connections: TenantConnections, entities: Entities): Promise<DataSource> {
  const driver = driverFor(connections);
  const dataSource = new TenantDataSource(
    { type: 'postgres', driver, entities, installExtensions: false },
    connections,
  );
  // What is true of every tenant's database. A version from which on all of the syntax TypeORM knows is there.
  Object.assign(dataSource.driver, { version: '18.0', searchSchema: 'public', database: 'tenant' });
  await dataSource.initialize();
  driver.start();
  connections.attach(dataSource);
  return dataSource;
}
