import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, createTenant, type Stack, type StackTenant } from '@tenantry/testing';
import { expectProblem } from './problem.js';
import { loginWindowMs, untilWindowLasts } from './windows.js';

const password = 'anvil-orbit-walnut-9';
/** Failures in a window: of one account from one network, and of one account from anywhere. */
const limits = { guesser: 10, account: 30 };

const home = '198.51.100.7';
const homeNetwork = '2001:db8:1:2';

/** Who guesses at an account locks out strangers, themselves included, and not its owner. */
export const accountUnderAttack = (stack: () => Stack): void =>
  describe('an account that strangers guess at', () => {
    let acme: StackTenant;
    beforeAll(async () => {
      await untilWindowLasts(120_000, loginWindowMs);
      acme = await createTenant(stack());
      const other = { email: 'other@people.example', password, firstName: 'O', lastName: 'T' };
      expect((await acme.admin.post('/v1/users', other)).status).toBe(201);
      for (const address of [home, `${homeNetwork}::1`]) expect((await login(address)).status).toBe(200);
      for (let at = 0; at < limits.account; at++)
        expectProblem(await login(`203.0.113.${at}`, 'wrong'), 'invalid-credentials');
      expectProblem(await login('203.0.113.200', 'wrong'), 'rate-limited');
    }, 240_000);

    const login = (address: string, given = acme.password, email = acme.email): Promise<Answer> =>
      stack()
        .http.with({ 'x-tenant': acme.slug, 'x-forwarded-for': address })
        .post('/v1/auth/login', { email, password: given });

    it('is closed to strangers, the right password or not, and they are told for how long', async () => {
      for (const given of ['wrong', acme.password]) {
        const refused = await login('203.0.113.201', given);
        expectProblem(refused, 'rate-limited');
        expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(900);
      }
    });

    it('is open to its owner, from where they have been in before', async () => {
      expect((await login(home)).status).toBe(200);
    });

    it('is open to its owner from another address of the same IPv6 network, and of no other', async () => {
      expect((await login(`${homeNetwork}:a5f:9c1:77:e3`)).status).toBe(200);
      expectProblem(await login('2001:db8:1:3::1'), 'rate-limited');
    });

    it('is no reason to refuse another account of the tenant', async () => {
      expect((await login('203.0.113.202', password, 'other@people.example')).status).toBe(200);
    });

    it('is guessed at from its owner’s own place ten times, and no more', async () => {
      for (let times = 0; times < limits.guesser; times++)
        expectProblem(await login(home, 'wrong'), 'invalid-credentials');
      for (const given of ['wrong', acme.password]) expectProblem(await login(home, given), 'rate-limited');
      expect((await login(`${homeNetwork}::2`)).status).toBe(200);
    });
  });
