import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { FirstAdmin, PoolOptions } from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';
import { schemaVersion } from '@tenantry/tenant-schema';
import { DataSource, type EntityManager } from 'typeorm';
import { isUniqueViolation } from '../columns.js';
import { Transitions } from '../lifecycle/transitions.js';
import { type OperationRow, OperationsRepository } from '../operations/operations.repository.js';
import { adminPassword, databasePassword, Secrets } from '../secrets.js';
import type { SealedAdmin } from '../tenants/tenant.entity.js';
import { Placement, unknown } from './placement.js';

/** What is asked for. */
export interface Wish {
  readonly slug: string;
  readonly name: string;
  readonly plan: string;
  /** The name of the cluster it must be on; the emptiest if none is named. */
  readonly cluster?: string | undefined;
  readonly poolOptions?: PoolOptions;
  readonly signUp?: boolean;
  readonly admin: FirstAdmin;
}

const kind = 'create-tenant';

/** Decides on births: slug and place are taken, and the long action is written down, in one transaction. */
@Injectable()
export class Births {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly placement: Placement,
    private readonly operations: OperationsRepository,
    private readonly transitions: Transitions,
    private readonly secrets: Secrets,
  ) {}

  /** @throws ServiceError `slug-taken`, `cluster-full`, `validation` for an unknown plan or cluster. */
  reserve(id: string, wish: Wish): Promise<OperationRow> {
    return unlessTaken(wish.slug, () =>
      this.database.transaction(async (manager) => {
        await this.insert(manager, id, wish);
        return this.operations.decide(manager, { kind, tenantId: id });
      }),
    );
  }

  /**
   * Begins a failed birth again, at a place chosen anew, on the cluster that was asked for if one was.
   * @throws ServiceError `not-found`, `invalid-transition`, `slug-taken`, `cluster-full`
   */
  async again(id: string, slug: string, reason: string | null): Promise<OperationRow> {
    let decided: OperationRow | undefined;
    const beside = async (manager: EntityManager): Promise<void> => {
      const [{ key, wanted }] = await manager.query<[Record<'key' | 'wanted', string | null>]>(
        'SELECT data_key AS key, wanted_cluster AS wanted FROM tenants WHERE id = $1',
        [id],
      );
      const place = await this.placement.choose(manager, wanted ?? undefined, id);
      await manager.query('UPDATE tenants SET cluster_id = $2, db_password = $3, schema_version = $4 WHERE id = $1', [
        ...[id, place, await this.newPassword(id, key ?? undefined), schemaVersion],
      ]);
      decided = await this.operations.decide(manager, { kind, tenantId: id, reason: reason ?? undefined });
    };
    await unlessTaken(slug, () => this.transitions.move(id, { to: 'provisioning', reason, beside }));
    return decided!;
  }

  private async insert(manager: EntityManager, id: string, wish: Wish): Promise<void> {
    const { slug, name, plan, cluster, poolOptions = {}, signUp = false, admin } = wish;
    // Before the place is chosen: until the end nobody else gets one, and a key may be far away.
    const key = await this.secrets.newKey(id);
    const [sealed, password] = [await this.sealed(id, admin, key), await this.newPassword(id, key)];
    const place = await this.placement.choose(manager, cluster);
    const made = await manager.query<unknown[]>(
      `INSERT INTO tenants
         (id, slug, name, state, plan, cluster_id, db_name, db_user, data_key, db_password, schema_version, first_admin,
          pool_options, sign_up, wanted_cluster)
       SELECT $1, $2, $3, 'provisioning', name, $5, $6, $6, $7, $8, $9, $10::jsonb, $11::jsonb, $12, $13 FROM plans WHERE name = $4
       RETURNING id`,
      [
        // Physical names come from the id, never from what somebody wrote.
        ...[id, slug, name, plan, place, `t_${id.replaceAll('-', '')}`, key, password, schemaVersion],
        ...[sealed, poolOptions, signUp, cluster ?? null],
      ],
    );
    if (made.length === 0) throw unknown('plan', plan);
  }

  /** Stored, with the version it is to be born at, before there is a role that has it: a crash in between loses nothing. */
  private newPassword(tenantId: string, key: string | undefined): Promise<string> {
    return this.secrets.seal(randomBytes(32).toString('base64url'), databasePassword(tenantId), key);
  }

  private async sealed(tenantId: string, { password, ...admin }: FirstAdmin, key: string): Promise<SealedAdmin> {
    return { ...admin, sealedPassword: await this.secrets.seal(password, adminPassword(tenantId), key) };
  }
}

async function unlessTaken<Result>(slug: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw isUniqueViolation(error) ? new ServiceError('slug-taken', `The slug '${slug}' is taken.`) : error;
  }
}
