import { describe, expect, it } from '@jest/globals';
import { type Answer, createTenant, type Stack, type StackTenant } from '@tenantry/testing';
import { expectProblem } from './problem.js';
import { untilWindowLasts } from './windows.js';

/** What the plan `free` gives. */
const perMinute = 600;
const atOnce = 50;

/** A tenant that takes more than its plan gives takes it from nobody. */
export const rateLimits = (stack: () => Stack): void =>
  describe('a tenant', () => {
    it('gets what its plan gives in a minute, and then 429 while another is served', async () => {
      const [greedy, other] = await Promise.all([createTenant(stack(), { plan: 'free' }), createTenant(stack())]);
      await untilWindowLasts(10_000);
      const statuses: Record<number, number> = {};
      for (let sent = 0; sent < perMinute + 100; sent += atOnce) {
        const answers = await Promise.all(
          Array.from({ length: atOnce }, () => greedy.admin.get('/v1/products?limit=1')),
        );
        for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1;
      }
      // The login counted too, unless its minute was another.
      expect(statuses[200]).toBeGreaterThanOrEqual(perMinute - 1);
      expect(statuses[200]).toBeLessThanOrEqual(perMinute);
      expect(Object.keys(statuses)).toEqual(['200', '429']);

      const refused = await greedy.admin.get('/v1/products');
      expectProblem(refused, 'rate-limited');
      expect(refused.headers['ratelimit-policy']).toBe(`"tenant";q=${perMinute};w=60`);
      expect(refused.headers['ratelimit']).toMatch(/^"tenant";r=0;t=\d+$/);
      expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);

      const served = await other.admin.get('/v1/products');
      expect(served.status).toBe(200);
      expect(served.headers['ratelimit-policy']).toBe('"tenant";q=6000;w=60');
      const room = Number(/r=(\d+)/.exec(String(served.headers['ratelimit']))?.[1]);
      expect(room).toBeGreaterThan(5900);
    }, 60_000);

    it('is asked for new passwords 60 times a minute from one address, and no more', async () => {
      const { slug } = await createTenant(stack());
      const http = stack().http.with({ 'x-tenant': slug });
      await untilWindowLasts(10_000);
      const answers = await Promise.all(
        Array.from({ length: 80 }, () => http.post('/v1/auth/password/forgot', { email: 'nobody@nowhere.example' })),
      );
      const refused = answers.filter(({ status }) => status === 429);
      expect(answers.filter(({ status }) => status === 202)).toHaveLength(60);
      expect(refused).toHaveLength(20);
      expectProblem(refused[0]!, 'rate-limited');
      expect(refused[0]!.headers['ratelimit-policy']).toBe('"route";q=60;w=60');
    });

    it('has its present password guessed by who holds an access token ten times a minute, and no more', async () => {
      const [stolen, other] = await Promise.all([createTenant(stack()), createTenant(stack())]);
      const guess = ({ admin }: StackTenant): Promise<Answer> => {
        const body = JSON.stringify({ currentPassword: 'a-guess-of-many', newPassword: 'walnut-orbit-anvil-10' });
        return admin.send('PUT', '/v1/me/password', body, { 'content-type': 'application/json' });
      };
      await untilWindowLasts(10_000);
      const answers = await Promise.all(Array.from({ length: 15 }, () => guess(stolen)));
      const refused = answers.filter(({ status }) => status === 429);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
      expect(refused).toHaveLength(5);
      expectProblem(refused[0]!, 'rate-limited');
      expect(refused[0]!.headers['ratelimit-policy']).toBe('"route";q=10;w=60');
      expectProblem(await guess(other), 'invalid-credentials');
    });
  });
