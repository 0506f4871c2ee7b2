import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { until } from '@tenantry/testing';
import { type OwnGateway, startOwnGateway } from '../test/own-gateway.js';

const limit = 100;
const times = 20;
/** On a machine with too much to do Redis seldom answers in time: then this says nothing, and is tried again. */
const patienceMs = 120_000;
/** Few: who stands still for 80 ms believes that Redis does. */
const atOnce = 20;
const env = { TRUSTED_PROXIES: '127.0.0.1', ADDRESS_REQUESTS_PER_MINUTE: String(limit) };

let gateways: OwnGateway[];
beforeAll(async () => void (gateways = await Promise.all([startOwnGateway(env), startOwnGateway(env)])));
afterAll(() => Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]())));

/** Nobody's yet, in a network of its own. */
const somebody = () => ({
  'x-forwarded-for': `2001:db8:${randomBytes(2).toString('hex')}:${randomBytes(2).toString('hex')}::1`,
});
const statusesOf = async (
  gateway: OwnGateway,
  headers: Record<string, string>,
  requests: number,
): Promise<number[]> => {
  const asked = Array.from({ length: requests }, () => gateway.http.with(headers).get('/problems/validation'));
  return (await Promise.all(asked)).map(({ status }) => status);
};

/** What somebody new is answered who asks for twenty times the limit, and somebody beside; undefined where Redis did not answer in time all along. */
async function flood(): Promise<{ greedy: number[]; modest: number[] } | undefined> {
  await until('Redis is there', 30_000, () => gateways.every(({ sharesLimits }) => sharesLimits));
  // A window that ends while we count would let more through.
  const leftMs = 60_000 - (Date.now() % 60_000);
  if (leftMs < 30_000) await sleep(leftMs + 100);
  const [one, other] = [somebody(), somebody()];
  const [greedy, modest]: [number[], number[]] = [[], []];
  for (let sent = 0; sent < times * limit; sent += gateways.length * atOnce) {
    const asked = gateways.map((gateway) => statusesOf(gateway, one, atOnce));
    modest.push(...(await statusesOf(gateways[modest.length % 2]!, other, 1)));
    for (const statuses of asked) greedy.push(...(await statuses));
    if (!gateways.every(({ sharesLimits }) => sharesLimits)) return undefined;
  }
  return { greedy, modest };
}

it('who asks two gateways for twenty times the limit gets it within 5 %, and takes nothing from others', async () => {
  let answers = await flood();
  for (const late = performance.now() + patienceMs; !answers && performance.now() < late;) answers = await flood();
  const { greedy, modest } = answers!;
  const passed = greedy.filter((status) => status === 200).length;
  expect(passed).toBeGreaterThanOrEqual(limit);
  expect(passed).toBeLessThanOrEqual(limit * 1.05);
  expect(new Set(greedy)).toEqual(new Set([200, 429]));
  expect(new Set(modest)).toEqual(new Set([200]));
}, 240_000);
