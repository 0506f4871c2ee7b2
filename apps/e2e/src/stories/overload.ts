import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { type Answer, Client, createTenant, type Stack, until } from '@tenantry/testing';
import { countBy } from '../faults/flight.js';
import { expectProblem } from './problem.js';

/** What one gateway takes in hand here (crowds.test.ts). */
const mostInHand = 32;
const peakMs = 2000;
const floodMs = 2000;
const times = 5;
/** As clients do that are refused; without a pause who floods would have no time for anything else. */
const pauseMs = 20;
const goodAgainWithinMs = 10_000;
const tries = 5;

/** More than can be done: what can be is done, the rest is refused in time. */
export const overload = (stack: () => Stack): void =>
  describe('five times as many at once as are taken in hand', () => {
    it('are answered in time, some of them refused and none failed, and all is well soon after', async () => {
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

      let peak = countBy(await askBy(mostInHand / 2, ask, peakMs));
      // On a machine that stood still for a second the gateway refuses some at the peak, too: that is none.
      for (let again = 1; peak[503] && again < tries; again++) peak = countBy(await askBy(mostInHand / 2, ask, peakMs));
      const answers = await askBy(times * mostInHand, ask, floodMs);
      const statuses = countBy(answers);
      console.log('at the peak', peak, 'in the flood', statuses);
      expect(Object.keys(peak)).toEqual(['200']);
      expect(Object.keys(statuses).filter((status) => status !== '200' && status !== '503')).toEqual([]);
      expect(statuses[503]).toBeGreaterThan(0);
      expect(statuses[200]).toBeGreaterThan(((peak[200] ?? 0) * floodMs) / peakMs / 5);
      // By the gateway's clock: this process is flooded, too. That none was without an answer the statuses say.
      expect(await answeredLate(stack())).toBe(0);
      const refused = answers.filter(({ status }) => status === 503);
      for (const answer of refused.slice(0, 20)) expectProblem(answer, 'overloaded');

      await until('all is well again', goodAgainWithinMs, async () => {
        const all = await Promise.all(Array.from({ length: mostInHand / 2 }, ask));
        return all.every(({ status }) => status === 200);
      });
      http.close();
    }, 60_000);
  });

/** What so many are answered who ask one time after the other. */
async function askBy(askers: number, ask: () => Promise<Answer>, forMs: number): Promise<Answer[]> {
  const end = performance.now() + forMs;
  const answers: Answer[] = [];
  const asker = async (): Promise<void> => {
    while (performance.now() < end) {
      const answer = await ask();
      answers.push(answer);
      if (answer.status !== 200) await sleep(pauseMs);
    }
  };
  await Promise.all(Array.from({ length: askers }, asker));
  return answers;
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
