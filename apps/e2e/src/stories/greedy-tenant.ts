import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, createTenant, type Stack, type StackTenant, until } from '@tenantry/testing';

/** Less than any plan gives, so that twenty times as much is soon sent. */
const perMinute = 300;
const times = 20;
/** Of each gateway: few, since they share the machine with Redis, which has to answer in time. */
const atOnce = 8;
/** What others have used of this minute before it begins: a login, and looks whether the limit is known. */
const before = 12;
const tries = 5;

/** A tenant that floods both gateways, each request from another address, takes nothing from another. */
export const greedyTenant = (stack: () => Stack): void =>
  describe('a tenant at twenty times its limit', () => {
    let gateways: Client[];
    beforeAll(() => {
      const second = new URL(stack().url);
      second.port = String(Number(second.port) + 1);
      gateways = [Client.of(stack().url), Client.of(second.origin)];
    });
    afterAll(() => gateways.forEach((gateway) => gateway.close()));

    const ask = async (gateway: Client, { accessToken }: StackTenant): Promise<number> => {
      const headers = { authorization: `Bearer ${accessToken}`, 'x-forwarded-for': someAddress() };
      return (await gateway.with(headers).get('/v1/products?limit=1')).status;
    };
    const limitIsKnown = (tenant: StackTenant) => async (): Promise<boolean> => {
      const headers = { authorization: `Bearer ${tenant.accessToken}` };
      const answers = await Promise.all(gateways.map((gateway) => gateway.with(headers).get('/v1/products?limit=1')));
      return answers.every((answer) => String(answer.headers['ratelimit-policy']).includes(`q=${perMinute};`));
    };
    const isShared = async (): Promise<boolean> => {
      const pages = await Promise.all(['gateway', 'gateway-2'].map((name) => stack().metricsOf(name)));
      return pages.every((page) => /^tenantry_limits_shared\{.*\} 1$/m.test(page));
    };

    /** The answers to both; undefined where Redis was late for a gateway, which then counts alone for a second. */
    async function flood(modest: StackTenant): Promise<{ greedy: number[]; others: number[] } | undefined> {
      const tenant = await createTenant(stack());
      const any = stack().operator.with({ 'if-match': '*' });
      await any.patch(`/v1/admin/tenants/${tenant.id}`, { limits: { requestsPerMinute: perMinute } });
      await until('the limit is known', 10_000, limitIsKnown(tenant));
      await until('Redis is there', 30_000, isShared);
      // A window that ends while we count would let more through.
      const left = 60_000 - (Date.now() % 60_000);
      if (left < 40_000) await sleep(left + 100);
      const [greedy, others]: [number[], number[]] = [[], []];
      let wasShared = true;
      let isOver = false;
      const watch = (async () => {
        for (; !isOver; await sleep(300)) wasShared &&= await isShared();
      })();
      const lane = async (gateway: Client): Promise<void> => {
        while (greedy.length < times * perMinute) greedy.push(await ask(gateway, tenant));
      };
      const quiet = (async () => {
        for (let turn = 0; !isOver; turn++, await sleep(20)) others.push(await ask(gateways[turn % 2]!, modest));
      })();
      await Promise.all(gateways.flatMap((gateway) => Array.from({ length: atOnce }, () => lane(gateway))));
      isOver = true;
      await Promise.all([watch, quiet]);
      return wasShared ? { greedy, others } : undefined;
    }

    it('gets its limit over both gateways within 5 %, while another gets all it asks for', async () => {
      const modest = await createTenant(stack());
      let answers = await flood(modest);
      for (let again = 1; !answers && again < tries; again++) answers = await flood(modest);
      const { greedy, others } = answers!;
      const passed = greedy.filter((status) => status === 200).length;
      expect(new Set(greedy)).toEqual(new Set([200, 429]));
      expect(passed).toBeGreaterThanOrEqual(perMinute * 0.95 - before);
      expect(passed).toBeLessThanOrEqual(perMinute * 1.05);
      expect(others.length).toBeGreaterThan(20);
      expect(new Set(others)).toEqual(new Set([200]));
    }, 400_000);
  });

let addresses = 0;
/** Nobody has asked from it. */
const someAddress = (): string =>
  `2001:db8:${(addresses >> 16).toString(16)}:${(addresses++ & 0xffff).toString(16)}::1`;
