import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { contextKeySubject, contextType, noticeType, revocationNotice, tenantNotice, Users } from '@tenantry/contracts';
import { OwnBroker, until } from '@tenantry/testing';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { ContextVerifier } from '../context/verifier.js';
import { Asker } from '../test/asker.js';
import { natsAs, silent } from '../test/broker.js';
import { Intruder } from '../test/intruder.js';
import { ownMessages } from '../test/products.js';
import type { Nats } from './nats.js';
import { Notices } from './notices.js';

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

  test('is never taken for a notice of what a tenant is or a token holds', async () => {
    const heard: unknown[] = [];
    const notices = new Notices(gateway.nats, silent, undefined);
    notices.hear(tenantNotice, (content) => heard.push(content));
    notices.hear(revocationNotice, (content) => heard.push(content));
    const [registry, auth] = await Promise.all([
      Asker.start('tenant-registry', broker.url),
      Asker.start('auth', broker.url),
    ]);
    const tenant = { tenantId: randomUUID(), slug: 'acme', state: 'suspended', generation: 7 } as const;
    const revoked = { revocations: [{ kind: 'session', tenantId: randomUUID(), sessionId: randomUUID() }] } as const;
    await gateway.nats.flush();
    for (const [notice, content] of [
      [tenantNotice, tenant],
      [revocationNotice, revoked],
    ] as const) {
      await intruder.deliver(notice.subject, JSON.stringify(content));
      const now = Math.floor(Date.now() / 1000);
      const token = await new SignJWT({ notice: content, iss: notice.teller, aud: notice.subject, iat: now })
        .setExpirationTime(now + 60)
        .setProtectedHeader({ alg: 'EdDSA', typ: noticeType, kid: `${notice.teller}.${'0'.repeat(18)}` })
        .sign((await generateKeyPair('EdDSA', { crv: 'Ed25519' })).privateKey);
      await intruder.deliver(notice.subject, token);
      // Another's own word, heard where it was not said.
      const other = notice === tenantNotice ? auth : registry;
      await intruder.deliver(notice.subject, await other.signer.signNotice(notice.subject, content));
    }
    await new Notices(registry.nats, silent, registry.signer).tell(tenantNotice, { ...tenant, generation: 8 });
    await until('the true one is heard', 5000, () => heard.length > 0);
    await gateway.nats.flush();
    expect(heard).toEqual([{ ...tenant, generation: 8 }]);
    await Promise.all([registry.close(), auth.close()]);
  });
});
