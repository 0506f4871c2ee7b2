import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { accessToken, type AccessTokenClaims } from '@tenantry/contracts';
import { SigningKeys } from './signing-keys.js';

/** What a login has found out. */
type Bearer = Pick<AccessTokenClaims, 'sub' | 'tid' | 'sid' | 'roles' | 'ver'>;

/** Signs access tokens (RFC 9068). */
@Injectable()
export class AccessTokens {
  constructor(
    @Inject(JwtService) private readonly jwt: JwtService,
    @Inject(SigningKeys) private readonly keys: Pick<SigningKeys, 'current'>,
  ) {}

  /** A token that is valid for `accessToken.lifetimeSeconds` from now on. */
  sign(bearer: Bearer): Promise<string> {
    const { privateKey, publicKey } = this.keys.current;
    const { algorithm, type, issuer, audience, lifetimeSeconds } = accessToken;
    return this.jwt.signAsync(bearer, {
      privateKey,
      algorithm,
      header: { alg: algorithm, typ: type, kid: publicKey.kid },
      issuer,
      audience,
      expiresIn: lifetimeSeconds,
      jwtid: randomUUID(),
    });
  }
}
