import { Inject, Injectable } from '@nestjs/common';
import type { AnswerOf, ParsedRequestOf, Tenants } from '@tenantry/contracts';
import { QueryFailedError } from 'typeorm';
import { definedOf } from '../defined.js';
import { mergePatch } from '../merge-patch.js';
import { unknown } from '../provisioning/placement.js';
import { TenantNotices } from './tenant-notices.js';
import { toTenant } from './tenant.views.js';
import { TenantsRepository } from './tenants.repository.js';

const isUnknownPlan = (error: unknown): boolean =>
  error instanceof QueryFailedError &&
  (error.driverError as { constraint?: string }).constraint === 'tenants_plan_fkey';

/** What operators may change of a tenant: what it is called, its plan, and what was agreed with it. */
@Injectable()
export class TenantSettingsService {
  constructor(
    private readonly tenants: TenantsRepository,
    @Inject(TenantNotices) private readonly notices: Pick<TenantNotices, 'say'>,
  ) {}

  /** @throws ServiceError `not-found`, `precondition-failed`, `validation` for an unknown plan. */
  async update(request: ParsedRequestOf<typeof Tenants.update>): Promise<AnswerOf<typeof Tenants.update>> {
    const { id, plan, limits, poolOptions, ...rest } = request;
    const row = await this.tenants
      .change(id, (before) => ({
        ...definedOf(rest),
        ...(plan === undefined ? {} : { plan: { name: plan } }),
        ...(limits === undefined ? {} : { limits: mergePatch(before.limits, limits) }),
        ...(poolOptions === undefined ? {} : { poolOptions: mergePatch(before.poolOptions, poolOptions) }),
      }))
      .catch((error: unknown) => {
        throw isUnknownPlan(error) ? unknown('plan', plan ?? '') : error;
      });
    this.notices.say(row);
    return { ...toTenant(row), version: row.generation };
  }
}
