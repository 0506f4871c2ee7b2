import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { contextKeySubject } from '@tenantry/contracts';
import { until, Wire } from '@tenantry/testing';
import { Asker } from '../test/asker.js';
import { natsAs, natsUrl, silent } from '../test/broker.js';
import { answerFor, newKey, sign, type Key } from '../test/keys.js';
import { startProducts } from '../test/products.js';
import { ContextKeys } from './keys.js';
import { ContextSigner } from './signer.js';
import { ContextVerifier } from './verifier.js';

const id = randomUUID();
let service: Awaited<ReturnType<typeof startProducts>>;
let gateway: Asker;

beforeAll(async () => void ([service, gateway] = await Promise.all([startProducts(), Asker.start('gateway')])));
afterAll(() => Promise.all([service.close(), gateway.close()]));

/** As the gateway makes them. */
function statement(key: Key): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const who = { sub: 'anonymous', tenant: gateway.tenantId, session: null, permissions: [] };
  return sign({ iss: 'gateway', aud: 'products', ...who, iat: now, exp: now + 60 }, key);
}

describe('keys', () => {
  test('that are made up cost one look-up each, however often they come', async () => {
    const nats = await natsAs('products');
    const verifier = new ContextVerifier(nats, 'products');
    const token = await statement(await newKey('gateway'));
    const refused = (): Promise<unknown> =>
      expect(verifier.verify(token)).rejects.toMatchObject({ code: 'unauthenticated' });
    await refused();
    const before = nats.connection.stats().outMsgs;
    await Promise.all(Array.from({ length: 200 }, refused));
    expect(nats.connection.stats().outMsgs - before).toBe(0);
    await nats.close();
  });

  test('that are made up by the thousand push no real key out', async () => {
    const nats = await natsAs('products');
    const verifier = new ContextVerifier(nats, 'products');
    await verifier.verify(await gateway.context());
    const forger = await newKey('gateway');
    const made = (): Promise<string> => statement({ ...forger, id: `gateway.${randomBytes(9).toString('hex')}` });
    for (let round = 0; round < 20; round++) {
      const tokens = await Promise.all(Array.from({ length: 100 }, made));
      const outcomes = await Promise.allSettled(tokens.map((token) => verifier.verify(token)));
      expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    }
    const before = nats.connection.stats().outMsgs;
    expect((await verifier.verify(await gateway.context())).tenantId).toBe(gateway.tenantId);
    expect(nats.connection.stats().outMsgs).toBe(before);
    await nats.close();
  });

  test('are asked for once, however many statements come at once, and again when their time is over', async () => {
    const nats = await natsAs('products');
    const verifier = new ContextVerifier(nats, 'products', new ContextKeys(nats, { keptMs: 300 }));
    const key = await newKey('gateway');
    let asked = 0;
    const answering = answerFor(gateway.nats, key, () => void asked++);
    await gateway.nats.flush();
    const statements = await Promise.all(Array.from({ length: 50 }, () => statement(key)));
    await Promise.all(statements.map((token) => verifier.verify(token)));
    expect(asked).toBe(1);
    answering.unsubscribe();
    await gateway.nats.flush();
    const isRefused = async (): Promise<boolean> =>
      verifier.verify(await statement(key)).then(
        () => false,
        (error: unknown) => (error as { code?: string }).code === 'unauthenticated',
      );
    await until('the key of an instance that has gone is no longer believed', 4000, isRefused);
    await nats.close();
  });

  test('are known as soon as what they signed can arrive: also when the asker comes back to the broker', async () => {
    const wire = await Wire.lay(natsUrl());
    const issuer = await Asker.start('gateway', wire.url);
    wire.cut();
    await until('the loss is noticed', 20_000, () => !issuer.nats.isConnected);
    const context = await issuer.context();
    const verify = (): Promise<unknown> => new ContextVerifier(service.nats, 'products').verify(context);
    await expect(verify()).rejects.toMatchObject({ code: 'unauthenticated' });
    wire.mend();
    await until('it is back', 20_000, () => issuer.nats.isConnected);
    expect(await issuer.ask(service.messages.get, { id }, { context })).toMatchObject({ status: 200 });
    await issuer.close();
    wire.remove();
  });

  test('that cannot be asked for are no reason to refuse anybody: the caller cannot be verified for now', async () => {
    const wire = await Wire.lay(natsUrl());
    const nats = await natsAs('products', wire.url);
    const verifier = new ContextVerifier(nats, 'products');
    const unsaid = await newKey('gateway');
    // Hears the question, and says nothing.
    gateway.nats.connection.subscribe(contextKeySubject(unsaid.id), { callback: () => undefined });
    // What nobody can read is no answer either.
    const garbled = { ...(await newKey('gateway')), publicJwk: { kty: 'oct', k: 'AA' } };
    answerFor(gateway.nats, garbled);
    await gateway.nats.flush();
    for (const key of [unsaid, garbled])
      await expect(verifier.verify(await statement(key))).rejects.toMatchObject({ code: 'service-unavailable' });
    wire.cut();
    const context = await gateway.context();
    await until('the loss is noticed', 20_000, () => !nats.isConnected);
    await expect(verifier.verify(context)).rejects.toMatchObject({ code: 'service-unavailable' });
    wire.mend();
    await until('it is believed', 20_000, () =>
      verifier.verify(context).then(
        () => true,
        () => false,
      ),
    );
    await nats.close();
    wire.remove();
  });

  test('of which NATS lets nobody ask this issuer keep it from starting', async () => {
    const nats = await natsAs('products');
    await expect(ContextSigner.start(nats, silent, 'gateway')).rejects.toThrow(/does not let this issuer/);
    await nats.close();
  });
});
