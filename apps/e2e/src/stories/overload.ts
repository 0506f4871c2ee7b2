import { describe, expect, it } from '@jest/globals';
import { type Answer, Client, createTenant, type Stack, until } from '@tenantry/testing';
import { countBy } from '../faults/flight.js';
import { Steady } from '../lives/steady.js';
import { expectProblem } from './problem.js';

/** Half of what the stack takes in hand. */
const lanes = 16;
const peakMs = 2000;
const floodMs = 2000;
const times = 5;
/** Who floods runs beside what is flooded, and should not be what is too slow. */
const mostPerSecond = 1500;
const goodAgainWithinMs = 10_000;

/** More than can be done: what can be is done, the rest is refused in time. */
export const overload = (stack: () => Stack): void =>
  describe('five times as much as can be done', () => {
    it('is answered in time, some of it refused and none of it failed, and all is well soon after', async () => {
      const tenant = await createTenant(stack(), { plan: 'enterprise' });
      // Not the stack's own, which holds each answer against the documents: that takes longer than the answer.
      const http = Client.of(stack().url);
      const authorization = `Bearer ${tenant.accessToken}`;
      let number = 0;
      const ask = (): Promise<Answer> =>
        http.with({ authorization, 'x-forwarded-for': `203.0.113.${number++ % 200}` }).get('/v1/products?limit=20');
      const path = `/v1/admin/tenants/${tenant.id}`;
      await stack()
        .operator.with({ 'if-match': '*' })
        .patch(path, { limits: { requestsPerMinute: 1_000_000 } });
      await until('it may ask', 5000, async () =>
        String((await ask()).headers['ratelimit-policy']).includes('1000000'),
      );

      const perSecond = (await inTurn(ask)) / (peakMs / 1000);
      const flood = new Steady(ask, Math.min(times * perSecond, mostPerSecond));
      await new Promise((resolve) => setTimeout(resolve, floodMs));
      const answers = await flood.stop();
      const statuses = countBy(answers);
      console.log(`${Math.round(perSecond)} lists a second at the peak; in a flood of ${answers.length}`, statuses);
      expect(Object.keys(statuses).filter((status) => status !== '200' && status !== '503')).toEqual([]);
      expect(statuses[503]).toBeGreaterThan(0);
      expect(statuses[200]).toBeGreaterThan((perSecond * floodMs) / 1000 / 5);
      // By the gateway's clock: this process is flooded, too. That none was without an answer the statuses say.
      expect(await answeredLate(stack())).toBe(0);
      const refused = answers.filter(({ status }) => status === 503);
      for (const answer of refused.slice(0, 20)) expectProblem(answer, 'overloaded');

      await until('all is well again', goodAgainWithinMs, async () => {
        const all = await Promise.all(Array.from({ length: lanes }, ask));
        return all.every(({ status }) => status === 200);
      });
      http.close();
    }, 60_000);
  });

/** How many are answered that are asked one after the other. */
async function inTurn(ask: () => Promise<Answer>): Promise<number> {
  const end = performance.now() + peakMs;
  let answered = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < end) {
      expect((await ask()).status).toBe(200);
      answered++;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return answered;
}

/** How many the gateway has answered after more than 6 s. */
async function answeredLate(stack: Stack): Promise<number> {
  const page = await stack.metricsOf('gateway');
  const sum = (series: RegExp): number =>
    Array.from(page.matchAll(series), ([, value]) => Number(value)).reduce((total, each) => total + each, 0);
  const all = sum(/^http_server_request_duration_seconds_count\{.* (\d+)$/gm);
  expect(all).toBeGreaterThan(0);
  return all - sum(/^http_server_request_duration_seconds_bucket\{le="6",.* (\d+)$/gm);
}
