import { randomBytes } from 'node:crypto';
import type { Subscription } from '@nats-io/transport-node';
import { contextKeySubject, contextType } from '@tenantry/contracts';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';
import type { Nats } from '../nats/nats.js';

/** A key pair that its owner answers for, or that nobody does; unlike a real signer it signs whatever it is told to. */
export interface Key {
  readonly id: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

export async function newKey(name: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  return { id: `${name}.${randomBytes(9).toString('hex')}`, privateKey, publicJwk: await exportJWK(publicKey) };
}

/** Answers for the key, as an issuer's instance does. */
export function answerFor(nats: Nats, key: Key, told: () => void = () => undefined): Subscription {
  const answer = JSON.stringify(key.publicJwk);
  return nats.connection.subscribe(contextKeySubject(key.id), {
    callback: (error, msg) => {
      if (error) return;
      told();
      msg.respond(answer);
    },
  });
}

export async function publish(nats: Nats, key: Key): Promise<Key> {
  answerFor(nats, key);
  await nats.flush();
  return key;
}

/** A key whose instance answered for it, and left. */
export async function departed(nats: Nats, key: Key): Promise<Key> {
  answerFor(nats, key).unsubscribe();
  await nats.flush();
  return key;
}

export const sign = (payload: JWTPayload, key: Key, header: Record<string, unknown> = {}): Promise<string> =>
  new SignJWT(payload)
    .setProtectedHeader({ alg: 'EdDSA', typ: contextType, kid: key.id, ...header })
    .sign(key.privateKey);
