import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { PublicKey } from '@tenantry/contracts';
import { Client, createTenant, login, type Stack, type StackTenant, until } from '@tenantry/testing';
import { countBy } from '../faults/flight.js';
import { Steady } from '../lives/steady.js';
import { expectProblem } from './problem.js';

const path = '/.well-known/jwks.json';
/** So often every instance of auth looks for keys, and a little more. A gateway asks again at most once a second. */
const lookEveryMs = 5500;
const followedWithinMs = 20_000;

/** Signing keys are announced, used and retired while people log in and work. */
export const signingKeys = (stack: () => Stack): void =>
  describe('the keys of access tokens', () => {
    let tenant: StackTenant;
    let gateways: readonly Client[];
    beforeAll(async () => {
      tenant = await createTenant(stack());
      gateways = [stack().http, Client.of(stack().secondUrl)];
    });

    const kidsOf = async (gateway: Client): Promise<string[]> =>
      (await gateway.get<{ keys: PublicKey[] }>(path)).body.keys.map(({ kid }) => kid);
    const readBy = (gateway: Client, token: string) =>
      gateway.with({ authorization: `Bearer ${token}` }).get('/v1/products');
    const kidOf = (token: string): string =>
      (JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as { kid: string }).kid;
    const withoutKnownKey = (token: string): string => {
      const [header = '', ...rest] = token.split('.');
      const named = { ...(JSON.parse(Buffer.from(header, 'base64url').toString()) as object), kid: 'of-nobody' };
      return [Buffer.from(JSON.stringify(named)).toString('base64url'), ...rest].join('.');
    };
    /** Both publish these keys. A token of a key that they do not know has them look before they would by themselves. */
    const publish = (kids: readonly string[]): Promise<number> =>
      until('both gateways publish the keys', followedWithinMs, async () => {
        await Promise.all(gateways.map((gateway) => readBy(gateway, withoutKnownKey(tenant.accessToken))));
        const published = await Promise.all(gateways.map(kidsOf));
        return published.every((found) => JSON.stringify(found) === JSON.stringify(kids));
      });

    it('may be kept by whoever asks, and are sent again only when they are others', async () => {
      const [{ headers, body }, other] = await Promise.all([gateways[0]!.get(path), gateways[1]!.get(path)]);
      expect(headers['cache-control']).toBe('public, max-age=60');
      expect([other.headers.etag, other.body]).toEqual([headers.etag, body]);
      const kept = gateways[1]!.with({ 'if-none-match': `"another", ${headers.etag}` });
      expect(await kept.get(path)).toMatchObject({ status: 304, text: '', headers: { etag: headers.etag } });
      expect((await gateways[1]!.with({ 'if-none-match': '"another"' }).get(path)).status).toBe(200);
    });

    it('are announced, used and retired without a token being refused', async () => {
      const database = await stack().openDatabase('auth');
      const [old = ''] = await kidsOf(gateways[0]!);
      let token = tenant.accessToken;
      const gateway = (): Client => gateways[Math.floor(Math.random() * gateways.length)]!;
      const reads = new Steady(() => readBy(gateway(), token), 40);
      const renew = async (): Promise<string> => {
        token = await login(stack(), tenant.slug, tenant.email, tenant.password);
        return kidOf(token);
      };
      const said = await stack().runInAuth('rotate-keys');
      const next = /^(\S+) signs in 150 s/.exec(said)![1]!;
      expect(next).not.toBe(old);
      await publish([next, old]);
      expect(await renew()).toBe(old);

      // Announced long enough ago.
      await database.query('UPDATE signing_keys SET signs_from = now() WHERE kid = $1', [next]);
      await sleep(lookEveryMs);
      await until('the next key signs, whichever auth is asked', followedWithinMs, async () => {
        await sleep(500);
        const signedBy = await Promise.all([renew(), renew(), renew(), renew()]);
        return signedBy.every((kid) => kid === next);
      });
      const ofOld = tenant.accessToken;
      expect((await readBy(gateways[1]!, ofOld)).status).toBe(200);

      // In use for so long that no token of the old one is left.
      await database.query(`UPDATE signing_keys SET signs_from = signs_from - interval '1 hour'`);
      await database.end();
      await publish([next]);
      await sleep(500);
      expect(await renew()).toBe(next);
      const answers = await reads.stop();
      expect(countBy(answers)).toEqual({ 200: answers.length });
      expect(answers.length).toBeGreaterThan(100);
      for (const each of gateways) expectProblem(await readBy(each, ofOld), 'unauthenticated');
    }, 90_000);
  });
