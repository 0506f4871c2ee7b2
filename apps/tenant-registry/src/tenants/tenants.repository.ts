import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { ParsedRequestOf, TenantNotice, Tenants, TenantState } from '@tenantry/contracts';
import { preconditionFailed, ServiceError, wantedVersions } from '@tenantry/service-kit';
import { type EntityManager, type FindOptionsWhere, ILike, In, LessThan, MoreThan, Not, Repository } from 'typeorm';
import type { TenantJob } from '../operations/long-action.js';
import { type SealedAdmin, TenantRow } from './tenant.entity.js';
import { toNotice } from './tenant.views.js';

/** States in which a tenant holds its slug no longer. */
export const gone: TenantState[] = ['failed', 'purged'];
type Search = Partial<Pick<ParsedRequestOf<typeof Tenants.list>, 'slug' | 'state' | 'cluster' | 'plan' | 'q'>>;
type Change = Partial<Pick<TenantRow, 'name' | 'limits' | 'poolOptions' | 'signUp'>> & {
  readonly plan?: Pick<TenantRow['plan'], 'name'>;
};

/** `%` and `_` mean themselves. */
const holding = (text: string) => ILike(`%${text.replaceAll(/[\\%_]/g, '\\$&')}%`);

function whereOf(before: string | undefined, { slug, state, cluster, plan, q }: Search): FindOptionsWhere<TenantRow>[] {
  const all: FindOptionsWhere<TenantRow> = {
    ...(before ? { id: LessThan(before) } : {}),
    ...(slug ? { slug } : {}),
    ...(state ? { state } : {}),
    ...(cluster ? { cluster: { name: cluster } } : {}),
    ...(plan ? { plan: { name: plan } } : {}),
  };
  return q
    ? [
        { ...all, name: holding(q) },
        { ...all, slug: holding(q) },
      ]
    : [all];
}

/** What a step needs to know of the tenant that it works on. */
export type TenantAtWork = Pick<TenantRow, 'id' | 'database' | 'role' | 'sealedPassword'>;

/** The tenants table and what stands beside it. */
@Injectable()
export class TenantsRepository {
  constructor(@InjectRepository(TenantRow) private readonly tenants: Repository<TenantRow>) {}

  async newId(): Promise<string> {
    const [row] = await this.tenants.query<{ id: string }[]>('SELECT uuidv7() AS id');
    return row!.id;
  }

  /** What it opened is no more: there is nothing to connect to. */
  async forgetPassword(id: string): Promise<void> {
    await this.tenants.update(id, { sealedPassword: null });
  }

  /** @throws ServiceError `conflict` once that admin has been made. */
  async getFirstAdmin(id: string): Promise<SealedAdmin> {
    const [row] = await this.tenants.query<{ admin: SealedAdmin | null }[]>(
      'SELECT first_admin AS admin FROM tenants WHERE id = $1',
      [id],
    );
    if (!row?.admin) throw new ServiceError('conflict', 'This tenant has no first admin to be made.');
    return row.admin;
  }

  /** @throws ServiceError `not-found` */
  async locate(id: string): Promise<{ clusterId: string; database: string }> {
    const [place] = await this.tenants.query<{ clusterId: string; database: string }[]>(
      'SELECT cluster_id AS "clusterId", db_name AS database FROM tenants WHERE id = $1',
      [id],
    );
    return place ?? unknownTenant();
  }

  /** None once the operation has ended, or where the tenant is in another state. */
  async findAtWork({ operationId, tenantId }: TenantJob, states: readonly TenantState[]): Promise<TenantAtWork | null> {
    const [row] = await this.tenants.query<TenantAtWork[]>(
      `SELECT t.id, t.db_name AS database, t.db_user AS role, t.db_password AS "sealedPassword"
       FROM tenants t JOIN operations o ON o.id = $2 AND o.ended_at IS NULL WHERE t.id = $1 AND t.state = ANY ($3)`,
      [tenantId, operationId, states],
    );
    return row ?? null;
  }

  /** What has changed after this generation, oldest first. */
  async changesAfter(generation: number, limit: number): Promise<TenantNotice[]> {
    const rows = await this.tenants.find({
      where: { generation: MoreThan(generation) },
      order: { generation: 'ASC' },
      take: limit,
      select: { id: true, slug: true, state: true, generation: true },
      loadEagerRelations: false,
    });
    return rows.map(toNotice);
  }

  /** The newest of any tenant; 0 where there is none. */
  async newestGeneration(): Promise<number> {
    return Number(await this.tenants.maximum('generation'));
  }

  /** @throws ServiceError `not-found` */
  async get(id: string): Promise<TenantRow> {
    return (await this.findById(id)) ?? unknownTenant();
  }

  findById(id: string): Promise<TenantRow | null> {
    return this.findTheOne({ id });
  }

  findBySlug(slug: string): Promise<TenantRow | null> {
    return this.findTheOne({ slug, state: Not(In(gone)) });
  }

  /**
   * Changes what operators may change, in the version they have seen; of two at once one is refused.
   * @throws ServiceError `not-found`, `precondition-failed`
   */
  async change(id: string, changeOf: (row: TenantRow) => Change): Promise<TenantRow> {
    const row = await this.get(id);
    const { generation } = row;
    const wanted = wantedVersions(id);
    if (wanted && !wanted.includes(generation)) throw preconditionFailed();
    const change = changeOf(row);
    // TypeORM refuses to write nothing.
    if (Object.keys(change).length === 0) return row;
    const { affected } = await this.tenants.update({ id, generation }, change);
    if (!affected) throw preconditionFailed();
    return this.get(id);
  }

  /** Newest first; `before` is the id of the last row of the page before. */
  list(
    limit: number,
    before: string | undefined,
    search: Search = {},
    from: EntityManager = this.tenants.manager,
  ): Promise<TenantRow[]> {
    return from
      .withRepository(this.tenants)
      .find({ where: whereOf(before, search), order: { id: 'DESC' }, take: limit });
  }

  /** Of what is unique: without the limit of `findOne`, for which TypeORM asks twice where relations are joined. */
  private async findTheOne(where: FindOptionsWhere<TenantRow>): Promise<TenantRow | null> {
    const [row] = await this.tenants.find({ where });
    return row ?? null;
  }
}

function unknownTenant(): never {
  throw new ServiceError('not-found', 'There is no such tenant.');
}
