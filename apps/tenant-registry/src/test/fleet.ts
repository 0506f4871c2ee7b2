import { MigrationRuns, type MigrationRun } from '@tenantry/contracts';
import { schemaVersion } from '@tenantry/tenant-schema';
import { type Claim, type Finished, MigrationClaims, type Outcome } from '../migration-runs/migration-claims.js';
import { MigrationRunsRepository } from '../migration-runs/migration-runs.repository.js';
import { MigrationRunsService } from '../migration-runs/migration-runs.service.js';
import { RunProgress } from '../migration-runs/run-progress.js';
import { Pages } from '../pages.js';
import { createRegistryDatabase, type RegistryDatabase, withoutReplica } from './registry-database.js';

interface Born {
  readonly version?: number;
  readonly state?: string;
  readonly cluster?: string;
}

interface Taken {
  readonly claims: readonly Claim[];
}

/** What may become of a tenant in hand. */
export const well: Outcome = {
  state: 'succeeded',
  from: schemaVersion - 1,
  to: schemaVersion,
  fingerprint: 'f',
  difference: [],
  error: null,
};
export const badly: Outcome = { ...well, state: 'failed', to: null, fingerprint: null, error: 'away' };

export const slugsOf = ({ claims }: Taken): string[] => claims.map(({ database }) => database).sort();
export const as =
  (outcome: Outcome) =>
  (claim: Claim): Finished => ({ claim, outcome });

/** Tenants in a registry's database, on clusters that there are not, and runs over them of which the tests do the work. */
export class Fleet {
  private constructor(
    readonly registry: RegistryDatabase,
    readonly claims: MigrationClaims,
    readonly runs: MigrationRunsService,
  ) {}

  static async make(): Promise<Fleet> {
    const registry = await createRegistryDatabase([]);
    const pages = new Pages({ MASTER_KEY: Buffer.alloc(32, 7) }, withoutReplica(registry.source));
    const runs = new MigrationRunsService(new MigrationRunsRepository(registry.source), pages, {
      wake: () => undefined,
    });
    await registry.source.query(
      `INSERT INTO clusters (name, host, port) VALUES ('main', 'localhost', 5432), ('b', 'localhost', 5433)`,
    );
    return new Fleet(registry, new MigrationClaims(registry.source, new RunProgress()), runs);
  }

  /** Nobody and no run is left; two processes, `a` and `b`, live. */
  async clear(): Promise<void> {
    await this.registry.source.query('TRUNCATE migration_targets, migration_runs, tenants, instances CASCADE');
    for (const executor of ['a', 'b'])
      await this.registry.source.query('INSERT INTO instances VALUES ($1, $1)', [executor]);
  }

  /** A tenant that is behind, unless said otherwise. */
  async born(
    slug: string,
    { version = schemaVersion - 1, state = 'active', cluster = 'main' }: Born = {},
  ): Promise<void> {
    await this.registry.source.query(
      `INSERT INTO tenants (id, slug, name, state, plan, cluster_id, db_name, db_user, schema_version)
       SELECT uuidv7(), $1, $1, $2, 'standard', c.id, $1, $1, $3 FROM clusters c WHERE c.name = $4`,
      [slug, state, version, cluster],
    );
  }

  async three(): Promise<void> {
    for (const slug of ['one', 'two', 'three']) await this.born(slug);
  }

  start(request: object = {}): Promise<MigrationRun> {
    return this.runs.start(MigrationRuns.start.request.parse(request));
  }

  take(room = 32, executor = 'a', finished: Finished[] = []) {
    return this.claims.exchange(executor, finished, room);
  }

  end(outcome: Outcome, { claims }: Taken, executor = 'a') {
    return this.take(32, executor, claims.map(as(outcome)));
  }

  async stateOf({ id }: MigrationRun) {
    const { state, stateReason, wave, tenants } = await this.runs.get({ id });
    return { state, stateReason, wave, ...tenants };
  }
}
