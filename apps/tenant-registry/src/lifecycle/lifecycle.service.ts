import { Injectable } from '@nestjs/common';
import {
  changesAtOnce,
  type Operation,
  type ParsedRequestOf,
  type ReplyOf,
  type Tenant,
  type TenantLifecycle,
  type TenantState,
} from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';
import { OperationsService } from '../operations/operations.service.js';
import { Births } from '../provisioning/births.js';
import { toTenant } from '../tenants/tenant.views.js';
import { TenantsRepository } from '../tenants/tenants.repository.js';
import { Removals } from './removals.js';
import { rewrapSecrets } from './rewrap-secrets.js';
import { rotateCredentials, withCredentials } from './rotate-credentials.js';
import { Transitions } from './transitions.js';

type Asked<Name extends keyof typeof TenantLifecycle> = ParsedRequestOf<(typeof TenantLifecycle)[Name]>;

/** The rules of what happens to tenants after their birth. */
@Injectable()
export class LifecycleService {
  constructor(
    private readonly tenants: TenantsRepository,
    private readonly transitions: Transitions,
    private readonly births: Births,
    private readonly removals: Removals,
    private readonly operations: OperationsService,
  ) {}

  /** @throws ServiceError `not-found`, `invalid-transition` */
  async move({ id, reason }: Asked<'suspend'>, to: TenantState): Promise<Tenant> {
    return toTenant(await this.transitions.move(id, { to, reason }));
  }

  /**
   * From a birth nobody is resumed: that one activates itself.
   * @throws ServiceError `not-found`, `invalid-transition`
   */
  async resume({ id, reason }: Asked<'resume'>): Promise<Tenant> {
    return toTenant(await this.transitions.move(id, { to: 'active', from: ['suspended', 'maintenance'], reason }));
  }

  /** @throws ServiceError `not-found`, `invalid-transition`, `conflict`, `validation` */
  async remove({ id, confirmSlug, reason }: Asked<'remove'>): Promise<Operation> {
    const { slug, state } = await this.tenants.get(id);
    if (confirmSlug !== slug) {
      const errors = [{ pointer: '/confirmSlug', code: 'mismatch', message: "is not the tenant's slug" }];
      throw new ServiceError('validation', 'The tenant to be deleted has another slug.', { errors });
    }
    return this.operations.begin(await this.removals.decide(id, state, reason));
  }

  /** @throws ServiceError `not-found`, `invalid-transition`, `slug-taken`, `cluster-full` */
  async retry({ id, reason }: Asked<'retry'>): Promise<Operation> {
    const { slug } = await this.tenants.get(id);
    return this.operations.begin(await this.births.again(id, slug, reason ?? null));
  }

  /** @throws ServiceError `not-found`, `invalid-transition`, `conflict` */
  async rotate({ id, reason }: Asked<'rotateCredentials'>): Promise<Operation> {
    const { state } = await this.tenants.get(id);
    if (!withCredentials.includes(state))
      throw new ServiceError('invalid-transition', `A tenant that is ${state} has no credentials to be changed.`);
    return this.operations.begin(await this.operations.decide({ kind: rotateCredentials, tenantId: id, reason }));
  }

  /** @throws ServiceError `conflict` while one is under way. */
  async rewrap({ reason }: Asked<'rewrapSecrets'>): Promise<Operation> {
    return this.operations.begin(await this.operations.decide({ kind: rewrapSecrets, tenantId: null, reason }));
  }

  async changes({ after }: Asked<'changes'>): Promise<ReplyOf<typeof TenantLifecycle.changes>> {
    if (after === undefined) return { changes: [], generation: await this.tenants.newestGeneration() };
    const changes = await this.tenants.changesAfter(after, changesAtOnce);
    return { changes, generation: changes.at(-1)?.generation ?? after };
  }
}
