import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { TenantNotice, TenantState } from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';
import { In, LessThan, MoreThan, Not, Repository } from 'typeorm';
import { type SealedAdmin, TenantRow } from './tenant.entity.js';
import { toNotice } from './tenant.views.js';

/** States in which a tenant holds its slug no longer. */
export const gone: TenantState[] = ['failed', 'purged'];
/** The tenants table and what stands beside it. */
@Injectable()
export class TenantsRepository {
  constructor(@InjectRepository(TenantRow) private readonly tenants: Repository<TenantRow>) {}

  async newId(): Promise<string> {
    const [row] = await this.tenants.query<{ id: string }[]>('SELECT uuidv7() AS id');
    return row!.id;
  }

  /** Changes some columns; those that others are told of give the row a new generation. */
  async update(
    id: string,
    change: Partial<Pick<TenantRow, 'sealedPassword' | 'schemaVersion' | 'firstAdmin'>>,
  ): Promise<TenantRow> {
    await this.tenants.update(id, change);
    return this.get(id);
  }

  /** @throws ServiceError `conflict` once that admin has been made. */
  async getFirstAdmin(id: string): Promise<SealedAdmin> {
    const row = await this.tenants.findOne({ where: { id }, select: { id: true, firstAdmin: true } });
    if (!row?.firstAdmin) throw new ServiceError('conflict', 'This tenant has no first admin to be made.');
    return row.firstAdmin;
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
    const row = await this.findById(id);
    if (!row) throw new ServiceError('not-found', 'There is no such tenant.');
    return row;
  }

  findById(id: string): Promise<TenantRow | null> {
    return this.tenants.findOneBy({ id });
  }

  findBySlug(slug: string): Promise<TenantRow | null> {
    return this.tenants.findOneBy({ slug, state: Not(In(gone)) });
  }

  /** Newest first; `before` is the id of the last row of the page before. */
  list(limit: number, before?: string): Promise<TenantRow[]> {
    return this.tenants.find({ where: before ? { id: LessThan(before) } : {}, order: { id: 'DESC' }, take: limit });
  }
}
