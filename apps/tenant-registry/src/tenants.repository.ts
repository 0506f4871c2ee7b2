import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { TenantEvents, type TenantState } from '@tenantry/contracts';
import { Outbox } from '@tenantry/outbox';
import { ServiceError } from '@tenantry/service-kit';
import { In, LessThan, Not, QueryFailedError, Repository } from 'typeorm';
import { Cluster } from './cluster.entity.js';
import { Plan } from './plan.entity.js';
import { TenantRow } from './tenant.entity.js';

/** What is asked for when a tenant's place is reserved. */
export interface Reservation {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly plan: string;
}

/** States in which a tenant holds its slug no longer. */
const gone: TenantState[] = ['failed', 'purged'];
const uniqueViolation = '23505';

const isUniqueViolation = (error: unknown): boolean =>
  error instanceof QueryFailedError && (error.driverError as { code?: string }).code === uniqueViolation;

/** What every change of a row changes too. */
const asChanged = { generation: () => `nextval('tenant_generations')`, updatedAt: () => 'now()' };

/** What other services are told of a new tenant. */
const toBirth = ({ id, slug, name, plan }: TenantRow) => ({ id, slug, name, plan: plan.name });

/** The tenants table and what stands beside it. */
@Injectable()
export class TenantsRepository {
  constructor(
    @InjectRepository(TenantRow) private readonly tenants: Repository<TenantRow>,
    @InjectRepository(Cluster) private readonly clusters: Repository<Cluster>,
    @InjectRepository(Plan) private readonly plans: Repository<Plan>,
    private readonly outbox: Outbox,
  ) {}

  async newId(): Promise<string> {
    const [row] = await this.tenants.query<{ id: string }[]>('SELECT uuidv7() AS id');
    return row!.id;
  }

  /**
   * Takes the slug and a place on the emptiest open cluster with room, in the state `provisioning`. Again with the same id changes nothing.
   * @throws ServiceError `slug-taken`, `cluster-full`, `validation` for an unknown plan.
   */
  async reserve({ id, slug, name, plan }: Reservation): Promise<void> {
    if (!(await this.plans.existsBy({ name: plan }))) {
      const errors = [{ pointer: '/plan', code: 'unknown', message: 'is not a plan of this platform' }];
      throw new ServiceError('validation', `There is no plan '${plan}'.`, { errors });
    }
    const physical = `t_${id.replaceAll('-', '')}`;
    try {
      const rows = await this.tenants.query<unknown[]>(
        `WITH place AS (
           SELECT c.id FROM clusters c LEFT JOIN tenants t ON t.cluster_id = c.id AND t.state <> ALL ($6)
           WHERE c.state = 'open' GROUP BY c.id HAVING count(t.id) < c.max_tenants ORDER BY count(t.id), c.name LIMIT 1)
         INSERT INTO tenants (id, slug, name, state, plan, cluster_id, db_name, db_user)
         SELECT $1, $2, $3, 'provisioning', $4, place.id, $5, $5 FROM place
         ON CONFLICT (id) DO UPDATE SET updated_at = now() RETURNING id`,
        [id, slug, name, plan, physical, gone],
      );
      if (rows.length === 0) throw new ServiceError('cluster-full', 'No open cluster has room for another tenant.');
    } catch (error) {
      if (isUniqueViolation(error)) throw new ServiceError('slug-taken', `The slug '${slug}' is taken.`);
      throw error;
    }
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

  /** Makes the cluster known under `name`, or corrects its address. */
  async putCluster(name: string, host: string, port: number): Promise<void> {
    await this.clusters.upsert({ name, host, port }, ['name']);
  }
}
