import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { PublicKey } from '@tenantry/contracts';
import { newSigningKey, readSigningKey, writeSigningKey } from './signing-key.js';

/** The example of RFC 7515, A.3.1, and its thumbprint as jose's calculateJwkThumbprint has it. */
const example = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
};
const thumbprint = 'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U';

describe('a signing key', () => {
  it('publishes its public half alone', () => {
    const { publicKey } = newSigningKey();
    expect(PublicKey.parse(publicKey)).toEqual(publicKey);
    expect(publicKey).not.toHaveProperty('d');
  });

  it('is the same key, under the same name, after being written and read', () => {
    const key = newSigningKey();
    const read = readSigningKey(writeSigningKey(key));
    expect(read.publicKey).toEqual(key.publicKey);
    expect(read.privateKey.equals(key.privateKey)).toBe(true);
  });

  it('has the name that RFC 7638 gives it', () => {
    const pem = createPrivateKey({ key: example, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(readSigningKey(pem).publicKey.kid).toBe(thumbprint);
  });
});
