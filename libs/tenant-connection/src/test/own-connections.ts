import type { DataSource } from 'typeorm';
import { openSecret } from '@tenantry/service-kit';
import { TenantConnections } from '../connections.js';
import { openDataSource } from '../data-source.js';
import type { ConnectionSettings } from '../settings.js';
import type { OwnCluster } from './own-cluster.js';
import { masterKey } from './places.js';

/** The library as a service has it, on a test's own cluster. */
export class OwnConnections {
  readonly reports: { fields: object; text: string }[] = [];
  readonly connections: TenantConnections;
  dataSource!: DataSource;

  constructor(cluster: OwnCluster, settings: Partial<ConnectionSettings>) {
    const report = (fields: object, text: string): void => void this.reports.push({ fields, text });
    this.connections = new TenantConnections({
      service: 'test',
      oldestSchema: 1,
      settings,
      source: { load: async (tenantId) => cluster.places.get(tenantId) },
      open: ({ id, password }) => openSecret(password, masterKey, { owner: id, field: 'db_password' }),
      reports: { warn: report, error: report },
    });
  }

  static async open(cluster: OwnCluster, settings: Partial<ConnectionSettings>): Promise<OwnConnections> {
    const own = new OwnConnections(cluster, settings);
    own.dataSource = await openDataSource(own.connections, []);
    return own;
  }

  /** Whose database answers a query of this tenant. */
  async canary(tenantId: string, deadlineMs = 5000): Promise<string> {
    const deadlineAt = performance.now() + deadlineMs;
    const read = () => this.connections.query<{ tenant: string }>('canary', 'SELECT tenant FROM canary');
    const rows = await this.connections.runInTenant(tenantId, read, { deadlineAt, subject: 'canary' });
    return rows.map(({ tenant }) => tenant).join();
  }
}

/** Runs `work` with the numbers from 0 to `times`, so many at a time; the failures. */
export async function storm(
  times: number,
  callers: number,
  work: (number: number) => Promise<void>,
): Promise<unknown[]> {
  let next = 0;
  const failures: unknown[] = [];
  const caller = async (): Promise<void> => {
    for (let number = next++; number < times; number = next++)
      await work(number).catch((failure: unknown) => failures.push(failure));
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return failures;
}

/** The same numbers in each run. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
