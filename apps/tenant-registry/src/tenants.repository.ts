import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { TenantEvents, type TenantState } from '@tenantry/contracts';
import { Outbox } from '@tenantry/outbox';
import { ServiceError } from '@tenantry/service-kit';
import { In, LessThan, Not, Repository } from 'typeorm';
import { TenantRow } from './tenant.entity.js';

/** States in which a tenant holds its slug no longer. */
export const gone: TenantState[] = ['failed', 'purged'];
/** What every change of a row changes too. */
const asChanged = { generation: () => `nextval('tenant_generations')`, updatedAt: () => 'now()' };

/** What other services are told of a new tenant. */
const toBirth = ({ id, slug, name, plan }: TenantRow) => ({ id, slug, name, plan: plan.name });

/** The tenants table and what stands beside it. */
@Injectable()
export class TenantsRepository {
  constructor(
    @InjectRepository(TenantRow) private readonly tenants: Repository<TenantRow>,
    private readonly outbox: Outbox,
  ) {}

  async newId(): Promise<string> {
    const [row] = await this.tenants.query<{ id: string }[]>('SELECT uuidv7() AS id');
    return row!.id;
  }

  /** Changes some columns and gives the row a new generation. */
  async update(
    id: string,
    change: Partial<Pick<TenantRow, 'state' | 'stateReason' | 'sealedPassword' | 'schemaVersion'>>,
  ): Promise<TenantRow> {
    await this.tenants.update(id, { ...change, ...asChanged });
    return this.get(id);
  }

  /** Opens the tenant and, the first time, tells other services. */
  activate(id: string): Promise<TenantRow> {
    return this.outbox.transaction(async (manager) => {
      const tenants = manager.withRepository(this.tenants);
      const { affected } = await tenants.update({ id, state: Not('active') }, { state: 'active', ...asChanged });
      const row = await tenants.findOneByOrFail({ id });
      if (affected) this.outbox.add(TenantEvents.activated, { aggregate: id, tenantId: id, data: toBirth(row) });
      return row;
    });
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
