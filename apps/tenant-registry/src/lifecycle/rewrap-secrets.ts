import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LOG, type Log, SecretUnreadable } from '@tenantry/service-kit';
import { DataSource, type EntityManager } from 'typeorm';
import type { Job, LongAction, Step } from '../operations/long-action.js';
import { adminPassword, databasePassword, provisionerUrl, Secrets } from '../secrets.js';
import type { SealedAdmin } from '../tenants/tenant.entity.js';

export const rewrapSecrets = 'rewrap-secrets';

/** Rows locked at once, for as long as it takes to wrap their keys: milliseconds. */
const batch = 100;
const first = '00000000-0000-0000-0000-000000000000';

interface Sealed {
  readonly id: string;
  readonly dataKey: string | null;
  readonly password: string | null;
  readonly nextPassword: string | null;
  readonly admin: SealedAdmin | null;
}

/**
 * Wraps every key with the present master key, while the one before still opens what is not wrapped anew yet. Secrets stay as they are, so
 * nobody's connections are touched. What does not open is left, told as an alarm, and fails the operation when all else is done.
 */
@Injectable()
export class RewrapSecrets implements LongAction<Job> {
  readonly kind = rewrapSecrets;
  readonly steps: readonly Step<Job>[] = [
    { name: 'clusters', work: () => this.each((manager, after) => this.wrapClusters(manager, after)) },
    { name: 'tenants', work: () => this.each((manager, after) => this.wrapTenants(manager, after)) },
  ];

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly secrets: Secrets,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** Batch after batch, in the order of ids. */
  private async each(
    wrap: (manager: EntityManager, after: string) => Promise<{ last: string | undefined; unreadable: number }>,
  ): Promise<void> {
    let unreadable = 0;
    for (let after: string | undefined = first; after !== undefined;) {
      const from: string = after;
      const done = await this.database.transaction((manager) => wrap(manager, from));
      unreadable += done.unreadable;
      after = done.last;
    }
    if (unreadable > 0) throw new Error(`${unreadable} could not be read, and are as they were`);
  }

  private async wrapClusters(manager: EntityManager, after: string) {
    const rows = await manager.query<{ id: string; url: string }[]>(
      `SELECT id, provisioner_url AS url FROM clusters
       WHERE id > $1 AND provisioner_url NOT LIKE $2 ORDER BY id LIMIT ${batch} FOR UPDATE`,
      [after, `${this.secrets.current}%`],
    );
    return this.wrap(rows, async ({ id, url }) =>
      manager.query('UPDATE clusters SET provisioner_url = $2 WHERE id = $1', [
        id,
        await this.secrets.rewrap(url, provisionerUrl(id)),
      ]),
    );
  }

  private async wrapTenants(manager: EntityManager, after: string) {
    const rows = await manager.query<Sealed[]>(
      `SELECT id, data_key AS "dataKey", db_password AS password, next_db_password AS "nextPassword", first_admin AS admin
       FROM tenants WHERE id > $1
         AND NOT (coalesce(data_key, $3) LIKE $2 AND coalesce(db_password, $3) LIKE $2
           AND coalesce(next_db_password, $3) LIKE $2 AND coalesce(first_admin ->> 'sealedPassword', $3) LIKE $2)
       ORDER BY id LIMIT ${batch} FOR UPDATE`,
      [after, `${this.secrets.current}%`, this.secrets.current],
    );
    return this.wrap(rows, (row) => this.wrapTenant(manager, row));
  }

  private async wrapTenant(manager: EntityManager, { id, dataKey, password, nextPassword, admin }: Sealed) {
    const wrapped = async (sealed: string | null): Promise<string | null> =>
      sealed === null ? null : this.secrets.rewrap(sealed, databasePassword(id));
    const firstAdmin = admin && {
      ...admin,
      sealedPassword: await this.secrets.rewrap(admin.sealedPassword, adminPassword(id)),
    };
    await manager.query(
      `UPDATE tenants SET data_key = $2, db_password = $3, next_db_password = $4, first_admin = $5 WHERE id = $1`,
      [id, await wrapped(dataKey), await wrapped(password), await wrapped(nextPassword), firstAdmin],
    );
  }

  private async wrap<Row extends { id: string }>(
    rows: readonly Row[],
    wrapOne: (row: Row) => Promise<unknown>,
  ): Promise<{ last: string | undefined; unreadable: number }> {
    let unreadable = 0;
    for (const row of rows) {
      try {
        await wrapOne(row);
      } catch (err) {
        if (!(err instanceof SecretUnreadable)) throw err;
        unreadable++;
        this.log.error({ err, of: row.id }, 'ALARM: unreadable secret');
      }
    }
    return { last: rows.length < batch ? undefined : rows.at(-1)?.id, unreadable };
  }
}
