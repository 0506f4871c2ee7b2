import { Injectable } from '@nestjs/common';
import { accessToken, type Auth, type ParsedRequestOf, type ReplyOf, Users } from '@tenantry/contracts';
import { type Caller, Messages, ServiceError } from '@tenantry/service-kit';
import { AccessTokens } from './access-tokens.js';
import { SessionsRepository } from './sessions.repository.js';
import { SigningKeys } from './signing-keys.js';

/** Sessions and tokens. Passwords are the users service's: here they only pass through. */
@Injectable()
export class AuthService {
  constructor(
    private readonly messages: Messages,
    private readonly sessions: SessionsRepository,
    private readonly tokens: AccessTokens,
    private readonly keys: SigningKeys,
  ) {}

  /** @throws ServiceError `invalid-credentials`, `overloaded` */
  async login(
    credentials: ParsedRequestOf<typeof Auth.login>,
    { tenantId }: Caller,
  ): Promise<ReplyOf<typeof Auth.login>> {
    if (tenantId === null) throw new ServiceError('tenant-not-found', 'The login names no tenant.');
    const user = await this.messages.ask(Users.verifyPassword, credentials, { tenantId });
    const sid = await this.sessions.open(user.id);
    const token = await this.tokens.sign({ sub: user.id, tid: tenantId, sid, roles: user.roles });
    return { accessToken: token, tokenType: 'Bearer', expiresIn: accessToken.lifetimeSeconds };
  }

  jwks(): ReplyOf<typeof Auth.jwks> {
    return { keys: this.keys.published };
  }
}
