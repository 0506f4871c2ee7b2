import { setTimeout as sleep } from 'node:timers/promises';
import { versionOf } from './migrate.js';
import type { SqlClient } from './sql-client.js';

/** What has to be opened before it can be asked; `pg`'s client fits. */
export interface OpenableSqlClient extends SqlClient {
  connect(): Promise<unknown>;
  end(): Promise<void>;
}

const retryMs = 1000;
/** On a first start its server has to be made; the job that migrates has ten minutes (k8s/base/migrations.yaml). */
const connectWithinMs = 8 * 60_000;

/** PostgreSQL's `undefined_table`. */
const isWithoutLedger = (error: unknown): boolean => (error as { code?: string }).code === '42P01';

/** Of a host with several addresses the message is empty, and each address has its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

/**
 * A connection to a database that may not be there yet: neither its server, nor itself, nor its role with this password. Says once for each
 * reason what it waits for; what fails after the connection stands is not tried again.
 * @param make a client that was not connected before: one that has failed cannot connect again.
 */
export async function connectPatiently<Client extends OpenableSqlClient>(
  make: () => Client,
  report: (text: string) => void,
  withinMs = connectWithinMs,
): Promise<Client> {
  const late = performance.now() + withinMs;
  for (let said = ''; ; await sleep(retryMs)) {
    const client = make();
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (performance.now() > late) throw error;
      const reason = reasonOf(error);
      if (reason !== said) report(`waiting for the database: ${reason}`);
      said = reason;
    }
  }
}

/** Resolves once the database has `version`, or a later one: somebody else migrates it. */
export async function untilMigrated(
  make: () => OpenableSqlClient,
  version: number,
  report: (text: string) => void,
): Promise<void> {
  for (let said = -1; ; await sleep(retryMs)) {
    const client = await connectPatiently(make, report, Infinity);
    const there = await versionOf(client)
      .catch((error: unknown) => {
        if (isWithoutLedger(error)) return 0;
        throw error;
      })
      .finally(() => client.end());
    if (there >= version) return;
    if (there !== said) report(`waiting for the migration: the database is at version ${there} of ${version}`);
    said = there;
  }
}
