import { Injectable } from '@nestjs/common';
import {
  accessToken,
  type Auth,
  type ParsedRequestOf,
  refreshToken,
  type ReplyOf,
  type RequestOf,
  type SessionSubject,
  Users,
} from '@tenantry/contracts';
import { type Caller, currentRequest, Messages, ServiceError } from '@tenantry/service-kit';
import { AccessTokens } from './keys/access-tokens.js';
import { hashOfSecret, newFamilyKey, newSecret, writeRefreshToken } from './sessions/refresh-token.js';
import { SessionStarts } from './sessions/session-starts.js';
import { SessionsRepository } from './sessions/sessions.repository.js';

/** Sessions and tokens. Passwords are the users service's: here they only pass through. */
@Injectable()
export class AuthService {
  constructor(
    private readonly messages: Messages,
    private readonly sessions: SessionsRepository,
    private readonly starts: SessionStarts,
    private readonly tokens: AccessTokens,
  ) {}

  /** @throws ServiceError `invalid-credentials` (also where there is no such tenant), `rate-limited`, `overloaded` */
  async login(
    { limitedForSeconds, ...credentials }: ParsedRequestOf<typeof Auth.login>,
    { tenantId }: Caller,
  ): Promise<ReplyOf<typeof Auth.login>> {
    if (limitedForSeconds !== null) await this.expectKnown(credentials.email, tenantId, limitedForSeconds);
    const user = await this.verify(credentials, tenantId);
    // Of no tenant no password is right: this is not reached.
    if (tenantId === null) throw new TypeError('a password was right outside of every tenant');
    const [key, secret] = [newFamilyKey(), newSecret()];
    const sessionId = await this.starts.open(tenantId, user, { key, hash: hashOfSecret(secret) });
    if (!sessionId) {
      await this.starts.refused(credentials.email);
      throw new ServiceError('invalid-credentials', 'The e-mail or the password is wrong.');
    }
    return {
      accessToken: await this.tokens.sign({
        ...{ sub: user.id, tid: tenantId, sid: sessionId },
        ...{ roles: user.roles, ver: user.securityVersion },
      }),
      tokenType: 'Bearer',
      expiresIn: accessToken.lifetimeSeconds,
      refreshToken: writeRefreshToken({ tenantId, sessionId, counter: 1, secret }, key),
      refreshExpiresIn: refreshToken.idleSeconds,
    };
  }

  /** Who it is. That it was somebody else is kept the same way, and takes the same time, whether there is such an account or not. */
  private async verify(
    credentials: RequestOf<typeof Users.verifyPassword>,
    tenantId: string | null,
  ): Promise<SessionSubject> {
    try {
      return await this.messages.ask(Users.verifyPassword, credentials, tenantId === null ? {} : { tenantId });
    } catch (error) {
      const isWrong = error instanceof ServiceError && error.code === 'invalid-credentials';
      if (isWrong && tenantId !== null) await this.starts.refused(credentials.email);
      throw error;
    }
  }

  /** The owner of an account under attack still gets in, from where they have been in before. */
  private async expectKnown(email: string, tenantId: string | null, retryAfterSeconds: number): Promise<void> {
    const address = currentRequest()?.client?.address;
    const isKnown = tenantId !== null && address !== undefined && (await this.sessions.wasOpenedFrom(address, email));
    if (!isKnown) throw new ServiceError('rate-limited', 'Too many logins have failed.', { retryAfterSeconds });
  }
}
