import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, createTenant, type Stack, type StackTenant, until } from '@tenantry/testing';
import { minuteMs, untilWindowLasts } from './windows.js';

/** Less than any plan gives, so that twenty times as much is soon sent. */
const perMinute = 300;
const times = 20;
/** Of each gateway: few, since they share the machine with Redis, which has to answer in time. */
const atOnce = 8;
/** A flood that takes longer than this may have met the next window, too. */
const floodMs = 40_000;
const tries = 5;

/** A tenant that floods both gateways, each request from another address, takes nothing from another. */
export const greedyTenant = (stack: () => Stack): void =>
  describe('a tenant at twenty times its limit', () => {
    let gateways: Client[];
    beforeAll(() => {
      gateways = [Client.of(stack().url), Client.of(stack().secondUrl)];
    });
    afterAll(() => gateways.forEach((gateway) => gateway.close()));

    const ask = async (gateway: Client, { accessToken }: StackTenant): Promise<number> => {
      const headers = { authorization: `Bearer ${accessToken}`, 'x-forwarded-for': someAddress() };
      return (await gateway.with(headers).get('/v1/products?limit=1')).status;
    };
    /** Asks once at each gateway. */
    const limitIsKnown = async ({ accessToken }: StackTenant): Promise<boolean> => {
      const headers = { authorization: `Bearer ${accessToken}` };
      const answers = await Promise.all(gateways.map((gateway) => gateway.with(headers).get('/v1/products?limit=1')));
      return answers.every((answer) => String(answer.headers['ratelimit-policy']).includes(`q=${perMinute};`));
    };
    const isShared = async (): Promise<boolean> => {
      const pages = await Promise.all(['gateway', 'gateway-2'].map((name) => stack().metricsOf(name)));
      return pages.every((page) => /^tenantry_limits_shared\{.*\} 1$/m.test(page));
    };

    interface Flood {
      /** Requests of the greedy tenant that were counted before: its login, and looks whether the limit is known. */
      readonly before: number;
      readonly greedy: readonly number[];
      readonly others: readonly number[];
    }

    /**
     * Undefined where it says nothing: Redis was late for a gateway, which then counts alone for a second, or the machine was too slow for one
     * window.
     */
    async function flood(modest: StackTenant): Promise<Flood | undefined> {
      const tenant = await createTenant(stack());
      const any = stack().operator.with({ 'if-match': '*' });
      await any.patch(`/v1/admin/tenants/${tenant.id}`, { limits: { requestsPerMinute: perMinute } });
      let before = 1;
      await until('the limit is known', 10_000, () => {
        before += gateways.length;
        return limitIsKnown(tenant);
      });
      await until('Redis is there', 30_000, isShared);
      await untilWindowLasts(floodMs);
      const endsAt = Date.now() + floodMs;
      const [greedy, others]: [number[], number[]] = [[], []];
      let wasShared = true;
      let isOver = false;
      const watch = (async () => {
        for (; !isOver; await sleep(300)) wasShared &&= await isShared();
      })();
      const lane = async (gateway: Client): Promise<void> => {
        while (greedy.length < times * perMinute && Date.now() < endsAt) greedy.push(await ask(gateway, tenant));
      };
      const quiet = (async () => {
        for (let turn = 0; !isOver; turn++, await sleep(20)) others.push(await ask(gateways[turn % 2]!, modest));
      })();
      await Promise.all(gateways.flatMap((gateway) => Array.from({ length: atOnce }, () => lane(gateway))));
      isOver = true;
      await Promise.all([watch, quiet]);
      return wasShared && Date.now() < endsAt ? { before, greedy, others } : undefined;
    }

    it(
      'gets its limit over both gateways within 5 %, while another gets all it asks for',
      async () => {
        const modest = await createTenant(stack());
        let answers = await flood(modest);
        for (let again = 1; !answers && again < tries; again++) answers = await flood(modest);
        if (!answers) throw new Error(`of ${tries} floods none was over in ${floodMs} ms with Redis in time`);
        const { before, greedy, others } = answers;
        const passed = greedy.filter((status) => status === 200).length;
        expect(new Set(greedy)).toEqual(new Set([200, 429]));
        expect(passed).toBeGreaterThanOrEqual(perMinute * 0.95 - before);
        expect(passed).toBeLessThanOrEqual(perMinute * 1.05);
        expect(others.length).toBeGreaterThan(20);
        expect(new Set(others)).toEqual(new Set([200]));
      },
      tries * 2 * minuteMs,
    );
  });

let addresses = 0;
/** Nobody has asked from it. */
const someAddress = (): string =>
  `2001:db8:${(addresses >> 16).toString(16)}:${(addresses++ & 0xffff).toString(16)}::1`;
