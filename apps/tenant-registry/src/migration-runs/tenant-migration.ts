import { Inject, Injectable } from '@nestjs/common';
import { maxDifferenceLines } from '@tenantry/contracts';
import { CONFIG, LOG, type Log } from '@tenantry/service-kit';
import {
  compareWith,
  migrateTenant,
  MigrationFailed,
  MigrationUnderWay,
  schemaVersion,
  type SqlClient,
  versionOf,
} from '@tenantry/tenant-schema';
import type { RegistryConfig } from '../config.js';
import { ClusterAccess } from '../provisioning/cluster-access.js';
import type { Claim, Outcome } from './migration-claims.js';
import { migratable } from './plan.js';
import { SchemaCatalogs } from './schema-catalogs.js';
import { codeOf, Uncompared } from './uncompared.js';
import { untilItPasses } from './until-it-passes.js';

const nothing = { from: null, to: null, fingerprint: null, difference: [], error: null };
const isMigratable = (state: string): boolean => (migratable as readonly string[]).includes(state);
/** Longer ones, of functions for the most part, are cut: a page of them is to fit into a message. */
const maxLineLength = 400;

/** Migrates the database of one tenant, or looks at it, and compares its tables with those that its version has. */
@Injectable()
export class TenantMigration {
  constructor(
    @Inject(ClusterAccess) private readonly clusters: Pick<ClusterAccess, 'openAgain'>,
    private readonly catalogs: SchemaCatalogs,
    @Inject(CONFIG) private readonly config: Pick<RegistryConfig, 'MIGRATION_STATEMENT_SECONDS'>,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** Raises nothing: whatever goes wrong is an outcome. */
  async migrate(claim: Claim): Promise<Outcome> {
    if (!isMigratable(claim.state)) return { ...nothing, state: 'skipped' };
    try {
      return await untilItPasses(() => this.inside(claim));
    } catch (err) {
      this.log.warn(
        { err, tenantId: claim.tenantId, runId: claim.runId },
        'the database of a tenant could not be migrated',
      );
      return { ...nothing, state: 'failed', error: reasonOf(err), ...versionsLeftBy(err) };
    }
  }

  private async inside(claim: Claim): Promise<Outcome> {
    const { clusterId, database } = claim;
    const provisioner = await this.clusters.openAgain(clusterId);
    const statementTimeoutMs = this.config.MIGRATION_STATEMENT_SECONDS * 1000;
    const client = await provisioner.enter(database, statementTimeoutMs);
    try {
      return await this.withClient(claim, client, statementTimeoutMs);
    } finally {
      await client.end();
    }
  }

  private async withClient(claim: Claim, client: SqlClient, statementTimeoutMs: number): Promise<Outcome> {
    const { check, target } = claim;
    const { from, to } = check ? await seen(client) : await migrateTenant(client, { target, statementTimeoutMs });
    try {
      return { from, to, ...(await this.compared(claim, client, to)) };
    } catch (cause) {
      throw new Uncompared(from, to, cause);
    }
  }

  private async compared(claim: Claim, client: SqlClient, version: number): Promise<Omit<Outcome, 'from' | 'to'>> {
    // One that a newer build has made: there is nothing here to compare it with.
    if (version > schemaVersion) return { fingerprint: null, difference: [], ...verdictOf(claim, version, []) };
    const model = await this.catalogs.get(claim.clusterId, version);
    const { fingerprint, difference } = await compareWith(model, client);
    const shown = difference.slice(0, maxDifferenceLines).map((line) => line.slice(0, maxLineLength).toWellFormed());
    return { fingerprint, difference: shown, ...verdictOf(claim, version, difference) };
  }
}

async function seen(client: SqlClient): Promise<{ from: number; to: number }> {
  const version = await versionOf(client);
  return { from: version, to: version };
}

/** Who only looks reports what is not as it should be. Who migrates has done so, whatever else was done to the database before. */
function verdictOf(
  { check, target, schemaVersion: taken }: Claim,
  version: number,
  difference: readonly string[],
): Pick<Outcome, 'state' | 'error'> {
  if (!check) return { state: 'succeeded', error: null };
  const wrong = [
    ...(version < target ? [`it is at version ${version} of ${target}`] : []),
    ...(version === taken ? [] : [`the registry takes it for version ${taken}, and it has ${version}`]),
    ...(difference.length > 0 ? [`its tables differ from those of version ${version}`] : []),
  ];
  return wrong.length > 0 ? { state: 'failed', error: wrong.join('; ') } : { state: 'succeeded', error: null };
}

/** What operators may read: messages of PostgreSQL name hosts and rows. */
const reasonOf = (error: unknown): string =>
  error instanceof MigrationFailed || error instanceof MigrationUnderWay || error instanceof Uncompared
    ? error.message
    : `its database could not be worked with${codeOf(error)}`;

/** One that the server has refused left the database at the version before it; of one that was not answered nobody knows. */
function versionsLeftBy(error: unknown): Partial<Pick<Outcome, 'from' | 'to'>> {
  if (error instanceof Uncompared) return { from: error.from, to: error.to };
  return error instanceof MigrationFailed && error.sqlState !== undefined ? { to: error.version - 1 } : {};
}
