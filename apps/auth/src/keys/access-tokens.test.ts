import { createPublicKey, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { accessToken, AccessTokenClaims, type PublicKey } from '@tenantry/contracts';
import { AccessTokens } from './access-tokens.js';
import { newSigningKey } from './signing-key.js';

const newest = newSigningKey();
const older = newSigningKey();
const jwt = new JwtService({});
const tokens = new AccessTokens(jwt, { current: newest });
const bearer = { sub: randomUUID(), tid: randomUUID(), sid: randomUUID(), roles: ['admin', 'viewer'], ver: 3 };

const verify = (token: string, { kty, crv, x, y }: PublicKey) =>
  jwt.verifyAsync<Record<string, unknown>>(token, {
    publicKey: createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' }).export({ type: 'spki', format: 'pem' }),
    algorithms: [accessToken.algorithm],
    issuer: accessToken.issuer,
    audience: accessToken.audience,
  });

describe('an access token', () => {
  it('says who, where, in which session and with which roles, and nothing else', async () => {
    const claims = await verify(await tokens.sign(bearer), newest.publicKey);
    expect(AccessTokenClaims.parse(claims)).toMatchObject(bearer);
    expect(Object.keys(claims).sort()).toEqual([
      'aud',
      'exp',
      'iat',
      'iss',
      'jti',
      'roles',
      'sid',
      'sub',
      'tid',
      'ver',
    ]);
  });

  it('lives for ten minutes', async () => {
    const { iat, exp } = AccessTokenClaims.parse(await verify(await tokens.sign(bearer), newest.publicKey));
    expect(exp - iat).toBe(600);
    expect(Math.abs(iat - Date.now() / 1000)).toBeLessThan(5);
  });

  it('names its type, its algorithm and its key in the header', async () => {
    const [header = ''] = (await tokens.sign(bearer)).split('.');
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
      alg: 'ES256',
      typ: 'at+jwt',
      kid: newest.publicKey.kid,
    });
  });

  it('is signed with the newest key and no other', async () => {
    await expect(verify(await tokens.sign(bearer), older.publicKey)).rejects.toThrow('invalid signature');
  });

  it('is never the same twice', async () => {
    const [one, other] = await Promise.all([tokens.sign(bearer), tokens.sign(bearer)]);
    expect((await verify(one, newest.publicKey))['jti']).not.toBe((await verify(other, newest.publicKey))['jti']);
  });
});
