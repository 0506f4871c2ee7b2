import { Injectable } from '@nestjs/common';
import {
  accessToken,
  type Auth,
  type ParsedRequestOf,
  requestDeadlineMs,
  type ReplyOf,
  Users,
} from '@tenantry/contracts';
import { type Caller, currentRequest, Messages, ServiceError } from '@tenantry/service-kit';
import { AccessTokens } from '../keys/access-tokens.js';
import { Bursts } from './bursts.js';
import {
  hashOfSecret,
  isGenuine,
  newSecret,
  readRefreshToken,
  type RefreshToken,
  writeRefreshToken,
} from './refresh-token.js';
import { SessionEnds } from './session-ends.js';
import { type FoundSession, SessionsRepository } from './sessions.repository.js';

/** Unknown, of another tenant, made up or edited: nobody learns which. */
const unknown = (): ServiceError => new ServiceError('unauthenticated', 'The refresh token is not valid here.');
const reused = (): ServiceError => new ServiceError('refresh-reused', 'This refresh token has been used before.');
const revoked = (): ServiceError => new ServiceError('token-revoked', 'The session has ended.');

/**
 * Spends refresh tokens (RFC 9700, 4.14.2). One that was spent before the request with it arrived is in two hands: its whole family ends. Of
 * those that arrive while it is being spent one wins, and the others are refused without harm (docs/adr/0007).
 */
@Injectable()
export class RefreshesService {
  readonly #bursts = new Bursts();

  constructor(
    private readonly messages: Messages,
    private readonly sessions: SessionsRepository,
    private readonly ends: SessionEnds,
    private readonly tokens: AccessTokens,
  ) {}

  /**
   * @throws ServiceError `unauthenticated`, `token-expired`, `token-revoked`, `refresh-reused`; `invalid-credentials` for somebody disabled. Only
   * a success spends the token.
   */
  async refresh(
    { refreshToken: text }: ParsedRequestOf<typeof Auth.refresh>,
    { tenantId }: Caller,
  ): Promise<ReplyOf<typeof Auth.refresh>> {
    const token = readRefreshToken(text);
    if (!token || token.tenantId !== tenantId) throw unknown();
    return this.#bursts.join(text, performance.now() - arrivedMsAgo(), (over) => this.spend(token, over));
  }

  private async spend(token: RefreshToken, burstIsOver: () => Promise<void>): Promise<ReplyOf<typeof Auth.refresh>> {
    const { tenantId, sessionId } = token;
    const session = await this.getLiving(token);
    const { id, roles, securityVersion } = await this.messages.ask(
      Users.sessionSubject,
      { id: session.userId },
      { tenantId },
    );
    // Signed before the token is spent: after that nothing may fail any more.
    const signed = await this.tokens.sign({ sub: id, tid: tenantId, sid: sessionId, roles, ver: securityVersion });
    const secret = newSecret();
    // Those sent together with this one have arrived when it is spent, so that they are told from those sent after it was answered.
    await burstIsOver();
    const seconds = await this.sessions.rotate(token, hashOfSecret(secret));
    if (seconds === undefined) throw (await this.sessions.find(sessionId))?.ended ? revoked() : reused();
    return {
      accessToken: signed,
      tokenType: 'Bearer',
      expiresIn: accessToken.lifetimeSeconds,
      refreshToken: writeRefreshToken({ tenantId, sessionId, counter: token.counter + 1, secret }, session.key),
      refreshExpiresIn: seconds,
    };
  }

  /** The token's session, if the token may be spent as far as can be seen. */
  private async getLiving(token: RefreshToken): Promise<FoundSession> {
    const session = await this.sessions.find(token.sessionId);
    if (!session || !isGenuine(token, session.key)) throw unknown();
    if (session.ended) throw revoked();
    if (session.expired) throw new ServiceError('token-expired', 'The refresh token has expired.');
    if (token.counter < session.counter) {
      if (!wasSpentMeanwhile(token, session))
        await this.ends.one(token.tenantId, session.userId, token.sessionId, 'refresh-reused');
      throw reused();
    }
    return session;
  }
}

/** How long ago the request reached the gateway, in milliseconds. */
const arrivedMsAgo = (): number => requestDeadlineMs - ((currentRequest()?.deadlineAt ?? Infinity) - performance.now());

/** Whether the token was spent after the request with it had arrived. No clocks are compared: both are lengths of time up to now. */
const wasSpentMeanwhile = (token: RefreshToken, { counter, spentMsAgo }: FoundSession): boolean =>
  token.counter === counter - 1 && spentMsAgo < arrivedMsAgo();
