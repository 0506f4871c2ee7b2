import { Injectable } from '@nestjs/common';
import type { ParsedRequestOf, ReplyOf, Users } from '@tenantry/contracts';
import { type Caller, ServiceError } from '@tenantry/service-kit';
import { TenantTerms } from '../tenant/tenant-terms.js';
import { changeOf } from '../users/user-change.js';
import { type Answer, toAnswer } from '../users/user.views.js';
import { UsersRepository } from '../users/users.repository.js';

const gone = (): ServiceError => new ServiceError('not-found', 'There is no such user any more.');

/** What people see and change of themselves. */
@Injectable()
export class MeService {
  constructor(
    private readonly users: UsersRepository,
    private readonly terms: TenantTerms,
  ) {}

  /** @throws ServiceError `not-found` */
  async get({ userId }: Caller): Promise<Answer> {
    const user = userId === null ? null : await this.users.find(userId);
    if (!user) throw gone();
    return toAnswer(user);
  }

  /** @throws ServiceError `not-found`, `precondition-failed` */
  async update(names: ParsedRequestOf<typeof Users.updateMe>, { userId }: Caller): Promise<Answer> {
    const user = userId === null ? null : await this.users.update(userId, (before) => changeOf(before, names));
    if (!user) throw gone();
    return toAnswer(user);
  }

  /** As the registry knows the tenant. */
  async tenant({ tenantId }: Caller): Promise<ReplyOf<typeof Users.myTenant>> {
    const { id, slug, name, plan, limits } = await this.terms.get(tenantId!);
    return { id, slug, name, plan, limits };
  }
}
