import { Inject, Injectable, Optional } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { accessToken, AccessTokenClaims } from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';
import { LRUCache } from 'lru-cache';
import type { Identity } from '../call.js';
import { Keys } from './keys.js';
import { Revocations } from './revocations.js';
import { RolePermissions } from './role-permissions.js';

/** More than the longest that auth can give: of twenty roles whose fifty characters take six bytes each. Together headers have 16 KB. */
const maxTokenLength = 9216;
const maxTokens = 50_000;
/** What they may take together, in characters: so many of usual length, and fewer of the longest. */
const maxCharacters = 64 * 1024 * 1024;

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

/** What a token says, by a key that was good then. */
interface Verified {
  readonly claims: AccessTokenClaims;
  /** How often keys had been taken away when its key was looked up. */
  readonly removals: number;
}

/** Whom a token speaks of, and as of when that was looked at. */
interface Bearer extends Identity, Verified {
  /** The count of revocations' changes at which it was held against them. */
  asOf: number;
}

/**
 * Reads access tokens (RFC 9068). A token is verified once and then known by its whole text until it expires; held against what was revoked, and
 * against what its roles permit, again whenever anything of that has changed.
 */
@Injectable()
export class Tokens {
  private readonly known: LRUCache<string, Bearer>;
  private removals = 0;

  constructor(
    @Inject(JwtService) private readonly jwt: JwtService,
    private readonly keys: Keys,
    private readonly revocations: Revocations,
    private readonly roles: RolePermissions,
    @Optional() max: number = maxTokens,
  ) {
    this.known = new LRUCache({ max, maxSize: maxCharacters, sizeCalculation: (_, token) => token.length });
    keys.onRemoved(() => {
      this.removals++;
      this.known.clear();
    });
  }

  /**
   * Who the bearer of this token is.
   * @throws ServiceError `token-expired`, `token-revoked`, or `unauthenticated` for everything else that is wrong with it.
   */
  identify(token: string): Identity | Promise<Identity> {
    const known = this.known.get(token);
    // One that was under way while its key was taken away is known by a key that is gone.
    if (known?.removals !== this.removals) return this.verify(token).then((verified) => this.renew(token, verified));
    if (known.expiresAt * 1000 <= Date.now()) throw new ServiceError('token-expired', 'The access token has expired.');
    return known.asOf === this.revocations.changes ? known : this.renew(token, known, known);
  }

  private renew(token: string, verified: Verified, known?: Bearer): Identity | Promise<Identity> {
    const { sub, tid, sid, ver, roles } = verified.claims;
    if (!this.revocations.isLoaded) throw new ServiceError('service-unavailable', 'Tokens cannot be checked yet.');
    if (this.revocations.includes({ userId: sub, session: sid, version: ver })) {
      throw new ServiceError('token-revoked', 'The access token has been revoked.');
    }
    const asOf = this.revocations.changes;
    const permissions = this.roles.of(tid, roles);
    if (permissions instanceof Promise) return permissions.then((loaded) => this.keep(token, verified, loaded, asOf));
    if (known?.caller.permissions !== permissions) return this.keep(token, verified, permissions, asOf);
    known.asOf = asOf;
    return known;
  }

  /** As somebody new, so that what was signed for the old one is not used again. */
  private keep(token: string, verified: Verified, permissions: readonly string[], asOf: number): Identity {
    const { claims, removals } = verified;
    const { sub, tid, sid, exp } = claims;
    const caller = { subject: `user:${sub}`, userId: sub, tenantId: tid, session: sid, permissions };
    const bearer: Bearer = { caller, expiresAt: exp, claims, removals, asOf };
    this.known.set(token, bearer);
    return bearer;
  }

  private async verify(token: string): Promise<Verified> {
    const { removals } = this;
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
    return { claims: claims.data, removals };
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
