import { Inject, Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { accessToken, AccessTokenClaims, builtInRoles } from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';
import { LRUCache } from 'lru-cache';
import type { Identity } from './call.js';
import { Keys } from './keys.js';

const maxTokenLength = 4096;
const maxTokens = 50_000;

interface Header {
  readonly alg?: unknown;
  readonly typ?: unknown;
  readonly kid?: unknown;
}

const refuse = (cause: unknown): ServiceError =>
  new ServiceError('unauthenticated', 'The access token is not valid.', { cause });

function headerOf(token: string): Header {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString());
    return typeof header === 'object' && header ? header : {};
  } catch (cause) {
    throw refuse(cause);
  }
}

const permissionsOf = (roles: readonly string[]): readonly string[] => [
  ...new Set(roles.flatMap((role) => builtInRoles[role] ?? [])),
];

/** Reads access tokens (RFC 9068). A token is verified once and then known by its whole text until it expires. */
@Injectable()
export class Tokens {
  private readonly known = new LRUCache<string, Identity>({ max: maxTokens });

  constructor(
    @Inject(JwtService) private readonly jwt: JwtService,
    private readonly keys: Keys,
  ) {}

  /**
   * Who the bearer of this token is.
   * @throws ServiceError `token-expired`, or `unauthenticated` for everything else that is wrong with it.
   */
  identify(token: string): Identity | Promise<Identity> {
    const known = this.known.get(token);
    if (!known) return this.verify(token);
    if (known.expiresAt * 1000 <= Date.now()) throw new ServiceError('token-expired', 'The access token has expired.');
    return known;
  }

  private async verify(token: string): Promise<Identity> {
    if (token.length > maxTokenLength) throw refuse('too long');
    const { alg, typ, kid } = headerOf(token);
    // Algorithm and type are ours to fix: what the token says of them is compared, never followed (RFC 8725, 3.1 and 3.11).
    if (alg !== accessToken.algorithm || typ !== accessToken.type || typeof kid !== 'string') throw refuse('header');
    const key = await this.keys.find(kid);
    if (!key) throw refuse('unknown key');
    const claims = AccessTokenClaims.safeParse(
      await this.check(token, key.export({ type: 'spki', format: 'pem' }) as string),
    );
    if (!claims.success) throw refuse(claims.error);
    const { sub, tid, sid, roles, exp } = claims.data;
    const caller = {
      subject: `user:${sub}`,
      userId: sub,
      tenantId: tid,
      session: sid,
      permissions: permissionsOf(roles),
    };
    const identity: Identity = { caller, expiresAt: exp };
    this.known.set(token, identity);
    return identity;
  }

  private async check(token: string, publicKey: string): Promise<object> {
    try {
      return await this.jwt.verifyAsync(token, {
        publicKey,
        algorithms: [accessToken.algorithm],
        issuer: accessToken.issuer,
        audience: accessToken.audience,
      });
    } catch (error) {
      const hasExpired = error instanceof Error && error.name === 'TokenExpiredError';
      throw hasExpired ? new ServiceError('token-expired', 'The access token has expired.') : refuse(error);
    }
  }
}
