import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { accessToken, PublicKey } from '@tenantry/contracts';

/** A key pair that access tokens are signed with: P-256, for ES256 and nothing else. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: PublicKey;
}

/** The key's name is its thumbprint (RFC 7638), so that no two keys share one. */
function publicKeyOf(privateKey: KeyObject): PublicKey {
  const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  return PublicKey.parse({ kty, crv, x, y, kid, use: 'sig', alg: accessToken.algorithm });
}

const keyOf = (privateKey: KeyObject): SigningKey => ({ privateKey, publicKey: publicKeyOf(privateKey) });

export const newSigningKey = (): SigningKey => keyOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);

/** PKCS #8 as PEM. */
export const writeSigningKey = ({ privateKey }: SigningKey): string =>
  privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** Reads what {@link writeSigningKey} wrote. */
export const readSigningKey = (pem: string): SigningKey => keyOf(createPrivateKey(pem));
