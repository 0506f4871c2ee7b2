import { Injectable } from '@nestjs/common';
import type { ParsedRequestOf, Registration } from '@tenantry/contracts';
import { type Caller, ServiceError } from '@tenantry/service-kit';
import { MailTokensRepository } from '../mail/mail-tokens.repository.js';
import { TokenMails } from '../mail/token-mails.js';
import { TenantTerms } from '../tenant/tenant-terms.js';
import { UsersService } from '../users/users.service.js';
import { UsersRepository } from '../users/users.repository.js';
import type { Person } from '../users/user.views.js';
import { invalidToken } from './recovery.service.js';

/** How people become users of a tenant by themselves. */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly people: UsersService,
    private readonly users: UsersRepository,
    private readonly tokens: MailTokensRepository,
    private readonly mails: TokenMails,
    private readonly terms: TenantTerms,
  ) {}

  /**
   * Who signs up is a member, and is sent a mail to show that the address is theirs.
   * @throws ServiceError `forbidden` where the tenant does not let people sign up, or where there is none; `email-taken`, `overloaded`
   */
  async register(request: ParsedRequestOf<typeof Registration.register>, caller: Caller): Promise<Person> {
    const { tenantId } = caller;
    if (tenantId === null || !(await this.terms.get(tenantId)).signUp)
      throw new ServiceError('forbidden', 'People do not sign up here by themselves: ask an admin.');
    const person = await this.people.register(request, caller);
    this.mails.sendSoon(tenantId, 'verify-email', () => Promise.resolve(person.id));
    return person;
  }

  /** @throws ServiceError `validation` */
  async verifyEmail(token: string, { tenantId }: Caller): Promise<null> {
    if (tenantId === null || !(await this.users.verifyEmail(() => this.tokens.spend(token, 'verify-email'))))
      throw invalidToken();
    return null;
  }
}
