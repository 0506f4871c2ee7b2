import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { contextKeySubject, contextType, Users } from '@tenantry/contracts';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { ContextVerifier } from '../context/verifier.js';
import { Asker } from '../test/asker.js';
import { natsAs } from '../test/broker.js';
import { Intruder } from '../test/intruder.js';
import { OwnBroker } from '../test/own-broker.js';
import { ownMessages } from '../test/products.js';
import type { Nats } from './nats.js';

// JetStream delivers to any subject that who reads a stream names, past all permissions. One broker of its own, with one service taken over.
let broker: OwnBroker;
let gateway: Asker;
let users: Nats;
let intruder: Intruder;

beforeAll(async () => {
  broker = await OwnBroker.start();
  intruder = await Intruder.enter(broker.url);
  [gateway, users] = await Promise.all([Asker.start('gateway', broker.url), natsAs('users', broker.url)]);
});
afterAll(async () => {
  await Promise.all([intruder.leave(), gateway.close(), users.close()]);
  broker.remove();
});

/** What is between asker and number in the inbox that the intruder is asked from: all that it can learn of others. */
async function learntSecret(): Promise<string> {
  const { plain } = ownMessages();
  const asked = new Promise<string>((resolve) => {
    intruder.nats.connection.subscribe(plain.subject, {
      callback: (_, msg) => {
        resolve(msg.reply ?? '');
        msg.respond('{}');
      },
    });
  });
  await intruder.nats.flush();
  await gateway.ask(plain, {}).catch(() => undefined);
  return /^_INBOX_gateway\.products\.(.+)\.[^.]+$/.exec(await asked)?.[1] ?? '';
}

const numbers = Array.from({ length: 12 }, (_, number) => number.toString(36));

describe('what JetStream was made to deliver', () => {
  test('is never taken for the key of an issuer', async () => {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
    const keyId = `gateway.${randomBytes(9).toString('hex')}`;
    const jwk = JSON.stringify(await exportJWK(publicKey));
    const now = Math.floor(Date.now() / 1000);
    const claims = { tenant: null, session: null, permissions: ['users:write'] };
    const forged = await new SignJWT({ ...claims, iss: 'gateway', aud: 'users', sub: 'anonymous', iat: now })
      .setExpirationTime(now + 60)
      .setProtectedHeader({ alg: 'EdDSA', typ: contextType, kid: keyId })
      .sign(privateKey);
    // The best that the intruder can meet: a gateway that is asked and does not answer before it.
    gateway.nats.connection.subscribe(contextKeySubject(keyId), { callback: () => undefined });
    await gateway.nats.flush();
    const secret = await learntSecret();
    const verified = new ContextVerifier(users, 'users').verify(forged).then(
      () => 'believed',
      (error: unknown) => (error as { code: string }).code,
    );
    for (const subject of [contextKeySubject(keyId), `$KV.context-keys.${keyId}`]) await intruder.deliver(subject, jwk);
    for (const number of numbers) await intruder.forge('users', `gateway.${secret}.${number}`, jwk);
    expect(await verified).toBe('service-unavailable');
  });

  test("is never taken for another service's answer", async () => {
    const secret = await learntSecret();
    users.connection.subscribe(Users.get.subject, { callback: () => undefined });
    await users.flush();
    const context = await gateway.context({ audience: 'users' });
    const asked = gateway
      .ask(Users.get, { id: randomUUID() }, { context, deadlineAt: performance.now() + 2000 })
      .catch((error: unknown) => (error as { code: string }).code);
    for (const number of numbers) await intruder.forge('gateway', `users.${secret}.${number}`, '{"forged":true}');
    expect(await asked).toBe('deadline-exceeded');
  });
});
