import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, createTenant, newSlug, type Stack, type StackTenant } from '@tenantry/testing';
import { expectProblem } from './problem.js';

const rounds = 75;
const password = 'anvil-orbit-walnut-9';
const closeTo = 0.1;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** What a login answers tells nobody which tenants and accounts there are. */
export const enumeration = (stack: () => Stack): void =>
  describe('a login that fails', () => {
    let acme: StackTenant;
    beforeAll(async () => {
      acme = await createTenant(stack());
      const person = { email: 'disabled@people.example', password, firstName: 'A', lastName: 'B' };
      const created = await acme.admin.post('/v1/users', person);
      const path = String(created.headers.location);
      const { headers } = await acme.admin.get(path);
      const disabled = await acme.admin.with({ 'if-match': String(headers.etag) }).patch(path, { active: false });
      expect(disabled.status).toBe(200);
    });

    it('says and takes the same for an unknown tenant, an unknown user, a disabled one and a wrong password', async () => {
      const login = (slug: string, email: string): Promise<Answer> =>
        stack().http.with({ 'x-tenant': slug }).post('/v1/auth/login', { email, password });
      const ways: Record<string, (round: number) => Promise<Answer>> = {
        tenant: () => login(newSlug(), acme.email),
        user: (round) => login(acme.slug, `nobody-${round}@people.example`),
        disabled: () => login(acme.slug, 'disabled@people.example'),
        password: () => login(acme.slug, acme.email),
      };
      const took: Record<string, number[]> = {};
      const said = new Set<string>();
      for (let round = -5; round < rounds; round++) {
        for (const [way, ask] of Object.entries(ways)) {
          const answer = await ask(round);
          expectProblem(answer, 'invalid-credentials');
          const { requestId, ...rest } = answer.body;
          expect(requestId).toBe(answer.headers['x-request-id']);
          said.add(JSON.stringify([rest, Object.keys(answer.headers).sort()]));
          // The first ones warm up what all share.
          if (round >= 0) (took[way] ??= []).push(answer.tookMs);
        }
      }
      expect([...said]).toHaveLength(1);
      const medians = Object.values(took).map(median);
      expect(Math.max(...medians) / Math.min(...medians)).toBeLessThan(1 + closeTo);
    }, 90_000);
  });
