import type { Terms } from '../apply.js';
import { createDatabase, type Database } from './database.js';
import { plainOnes } from './fixtures.js';
import { asSuperuser, asTenant, type Provisioner } from './provisioner.js';
import { type Session, Sessions } from './sessions.js';

export const terms: Terms = { role: 'tenant_owner', lockTimeoutMs: 300, statementTimeoutMs: 60_000 };

/** A tenant's database at version 1 of `plainOnes`, with whoever is at it. */
export class TenantAtOne {
  private constructor(
    private readonly cluster: Provisioner,
    private readonly sessions: Sessions,
    readonly database: Database,
    /** Sees and may do everything. */
    readonly observer: Session,
  ) {}

  static async make(cluster: Provisioner): Promise<TenantAtOne> {
    const [database, sessions] = [await createDatabase(cluster, plainOnes(1)), new Sessions()];
    const observer = await sessions.open(asSuperuser(database.database));
    return new TenantAtOne(cluster, sessions, database, observer);
  }

  /** A session of who migrates. */
  runner(): Promise<Session> {
    return this.sessions.open(this.cluster.connect(this.database.database));
  }

  /** A session of a service's. */
  service(): Promise<Session> {
    return this.sessions.open(asTenant(this.database));
  }

  superuser(): Promise<Session> {
    return this.sessions.open(asSuperuser(this.database.database));
  }

  /** The migrations whose work is there; raises where not just these are written down. */
  async done(): Promise<number[]> {
    const { rows } = await this.observer.client.query<{ done: number[]; written: number[] }>(
      `SELECT array(SELECT version FROM done ORDER BY version) AS done,
              array(SELECT version FROM schema_migrations ORDER BY version) AS written`,
    );
    const { done, written } = rows[0]!;
    if (String(done) !== String(written)) throw new Error(`done ${String(done)}, written down ${String(written)}`);
    return done;
  }

  async leave(): Promise<void> {
    await this.sessions.end();
    await this.database.drop();
  }
}
