import { Injectable } from '@nestjs/common';
import type { ParsedRequestOf, Registration } from '@tenantry/contracts';
import { type Caller, ServiceError } from '@tenantry/service-kit';
import { CredentialsRepository } from '../credentials/credentials.repository.js';
import { MailTokensRepository } from '../mail/mail-tokens.repository.js';
import { TokenMails } from '../mail/token-mails.js';
import { Passwords } from '../passwords/passwords.js';

/** What a token is answered with that is made up, spent, too old, or of somebody who may not log in. */
export const invalidToken = (): ServiceError =>
  new ServiceError('validation', 'The token is not valid, or not any more.', {
    errors: [{ pointer: '/token', code: 'invalid-token', message: 'is not valid, or not any more' }],
  });

/** The way back in for who has forgotten their password. */
@Injectable()
export class RecoveryService {
  constructor(
    private readonly credentials: CredentialsRepository,
    private readonly tokens: MailTokensRepository,
    private readonly mails: TokenMails,
    private readonly passwords: Passwords,
  ) {}

  /** Does nothing before the answer, so that nothing can be learnt from it. */
  forgot(email: string, { tenantId }: Caller): Record<string, never> {
    // Of no tenant there is nobody to send it to.
    if (tenantId !== null)
      this.mails.sendSoon(tenantId, 'reset-password', async () => (await this.credentials.findByEmail(email))?.id);
    return {};
  }

  /**
   * A token that is no good costs no hash. Ends all sessions of the user.
   * @throws ServiceError `validation`, `overloaded`
   */
  async reset(
    { token, password }: ParsedRequestOf<typeof Registration.resetPassword>,
    { tenantId }: Caller,
  ): Promise<null> {
    if (tenantId === null || !(await this.tokens.find(token, 'reset-password'))) throw invalidToken();
    const passwordHash = await this.passwords.hash(password);
    const isReset = await this.credentials.reset(passwordHash, () => this.tokens.spend(token, 'reset-password'));
    if (!isReset) throw invalidToken();
    return null;
  }
}
