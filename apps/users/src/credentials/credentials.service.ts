import { Inject, Injectable } from '@nestjs/common';
import type { ParsedRequestOf, SessionSubject, Users } from '@tenantry/contracts';
import { type Caller, LOG, type Log, ServiceError } from '@tenantry/service-kit';
import { Passwords } from '../passwords/passwords.js';
import { CredentialsRepository } from './credentials.repository.js';

const wrong = (detail: string): ServiceError => new ServiceError('invalid-credentials', detail);

/** Who somebody is, by their password. Only this service ever sees one, or its hash. */
@Injectable()
export class CredentialsService {
  constructor(
    private readonly credentials: CredentialsRepository,
    private readonly passwords: Passwords,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /**
   * Unknown, disabled and wrong take one look-up and one hash each, and say the same. Who it is, is said as of before the hash: auth opens a
   * session for that version of their access or none, so that whoever was disabled, or got another password or role meanwhile, is refused there.
   * @throws ServiceError `invalid-credentials`, `overloaded`
   */
  async verifyPassword(
    { email, password }: ParsedRequestOf<typeof Users.verifyPassword>,
    { tenantId }: Caller,
  ): Promise<SessionSubject> {
    // Outside of every tenant there is nobody; that costs a hash too.
    const known = tenantId === null ? null : await this.credentials.findByEmail(email);
    const isRight = await this.passwords.verify(known?.passwordHash, password);
    if (!known?.active || !isRight) throw wrong('The e-mail or the password is wrong.');
    if (this.passwords.isWeak(known.passwordHash)) await this.renew(known, password);
    const { id, roles, securityVersion } = known;
    return { id, roles, securityVersion };
  }

  /** @throws ServiceError `invalid-credentials` for somebody who may not log in any more. */
  async sessionSubject(id: string): Promise<SessionSubject> {
    const subject = await this.credentials.findSubject(id);
    if (!subject) throw wrong('The account is disabled.');
    return subject;
  }

  /**
   * Ends the other sessions of the caller: who knew the old password is out.
   * @throws ServiceError `invalid-credentials`, `overloaded`
   */
  async changePassword(
    { currentPassword, newPassword }: ParsedRequestOf<typeof Users.changePassword>,
    { userId, session }: Caller,
  ): Promise<null> {
    const known = userId === null ? null : await this.credentials.find(userId);
    const isRight = await this.passwords.verify(known?.passwordHash, currentPassword);
    if (!known || !isRight) throw wrong('The current password is wrong.');
    const passwordHash = await this.passwords.hash(newPassword);
    const isChanged = await this.credentials.change(known, passwordHash, session);
    if (!isChanged) throw wrong('The password was changed meanwhile.');
    return null;
  }

  /** A hash of what passwords cost by now. Whoever changes the password meanwhile wins; nobody is refused for want of it. */
  private async renew(known: { id: string; passwordHash: string }, password: string): Promise<void> {
    try {
      await this.credentials.renew(known, await this.passwords.hash(password));
    } catch (err) {
      this.log.warn({ err, userId: known.id }, 'a password could not be hashed anew; the next login tries again');
    }
  }
}
