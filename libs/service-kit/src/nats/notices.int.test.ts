import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { contextType, notice, noticeType, type Notice } from '@tenantry/contracts';
import { until } from '@tenantry/testing';
import { SignJWT } from 'jose';
import { z } from 'zod';
import { ContextSigner } from '../context/signer.js';
import { keptLog, natsAs, silent } from '../test/broker.js';
import { newKey, publish, type Key } from '../test/keys.js';
import type { Nats } from './nats.js';
import { Notices } from './notices.js';

const { log, lines } = keptLog('warn');
const Content = z.strictObject({ n: z.int() });
const notices = notice('state.revocations', 'auth', Content);
let [admin, auth, gateway]: Nats[] = [];
let signer: ContextSigner;
let key: Key;
let ofGateway: Key;
const heard: number[] = [];

beforeAll(async () => {
  // The first says what no service may, as JetStream delivers it; the last hears it.
  [admin, auth, gateway] = await Promise.all([natsAs('admin'), natsAs('auth'), natsAs('gateway')]);
  signer = await ContextSigner.start(auth, silent, 'auth');
  [key, ofGateway] = [await publish(auth, await newKey('auth')), await publish(gateway, await newKey('gateway'))];
  new Notices(gateway, log, undefined).hear(notices, ({ n }) => heard.push(n));
  await gateway.flush();
});
afterAll(() => Promise.all([admin, auth, gateway].map(async (nats) => nats?.close())));
afterEach(() => void heard.splice(0));

const say = (token: string): void => admin!.connection.publish(notices.subject, token);
const now = (): number => Math.floor(Date.now() / 1000);
const signed = (by: Key, claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}): Promise<string> =>
  new SignJWT({
    ...{ iss: 'auth', aud: notices.subject, iat: now(), exp: now() + 60, notice: { n: 1 }, ...claims },
  })
    .setProtectedHeader({ alg: 'EdDSA', typ: noticeType, kid: by.id, ...header })
    .sign(by.privateKey);

/** Every way of being no notice of auth. */
const forgeries: Record<string, () => Promise<string> | string> = {
  'that nobody signed': () => '{"n":1}',
  'that is empty': () => '',
  'of somebody without a key': async () => signed({ ...(await newKey('auth')) }),
  "signed by one's own key under auth's id": async () => signed({ ...(await newKey('auth')), id: key.id }),
  'of another issuer': () => signed(ofGateway, { iss: 'gateway' }),
  "of another issuer in auth's name": () => signed(ofGateway),
  'of auth, told elsewhere': () => signed(key, { aud: 'state.tenants' }),
  'that has been told before its last minute': () => signed(key, { iat: now() - 61, exp: now() - 1 }),
  'that never ends': () => signed(key, { exp: undefined }),
  'that is a signed context': () => signed(key, {}, { typ: contextType }),
  'with another content than auth signed': async () => {
    const [header, payload, signature] = (await signed(key)).split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const changed = Buffer.from(JSON.stringify({ ...claims, notice: { n: 2 } })).toString('base64url');
    return `${header}.${changed}.${signature}`;
  },
  'with a content that is none': () => signed(key, { notice: { n: '1' } }),
  'without a content': () => signed(key, { notice: undefined }),
};

describe('a notice', () => {
  test.each(Object.entries(forgeries))('%s is passed over, and the next is heard', async (_, forge) => {
    say(await forge());
    say(await signer.signNotice(notices.subject, { n: 7 }));
    await until('the true one is heard', 5000, () => heard.includes(7));
    expect(heard).toEqual([7]);
    expect(gateway!.isConnected).toBe(true);
  });

  test('that cannot be believed is logged, but a thousand of them are not a thousand lines', async () => {
    lines.length = 0;
    await new Promise((resolve) => setTimeout(resolve, 1100));
    for (let time = 0; time < 1000; time++) say('{"n":1}');
    say(await signer.signNotice(notices.subject, { n: 8 }));
    await admin!.flush();
    await gateway!.flush();
    await until('one is logged', 5000, () => lines.length > 0);
    expect(lines.length).toBeLessThan(10);
    expect(lines[0]).toMatchObject({ msg: 'a notice that cannot be believed', subject: notices.subject });
  });

  test('by who issues nothing is not told, and raises nothing', async () => {
    lines.length = 0;
    await new Notices(admin!, log, undefined).tell(notices satisfies Notice<typeof Content>, { n: 9 });
    expect(lines).toMatchObject([{ msg: 'a notice could not be told; who does not hear it asks' }]);
  });
});
