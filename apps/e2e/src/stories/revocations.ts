import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Role, User } from '@tenantry/contracts';
import { type Answer, Client, createTenant, type Stack, type StackTenant } from '@tenantry/testing';
import { until } from '../faults/flight.js';
import { expectProblem } from './problem.js';

type Tokens = { accessToken: string; refreshToken: string };

/** How long anything that was revoked may still be let in, at any gateway. */
const withinMs = 2000;
const password = 'anvil-orbit-walnut-9';

/** What takes access away takes it at every gateway: with Redis, without what was in it, and while it answers nobody. */
export const revocations = (stack: () => Stack): void =>
  describe.each(['running', 'emptied', 'frozen'])('access is lost within 2 s at two gateways, Redis %s', (redis) => {
    let acme: StackTenant;
    let second: Client;
    let person: User;
    let tokens: Tokens;

    beforeAll(async () => {
      acme = await createTenant(stack());
      second = Client.of(stack().secondUrl);
    });
    beforeEach(async () => {
      person = await addPerson(['member']);
      tokens = await login(person.email);
      // Both gateways know the token, so that it is not only new ones that they look at.
      for (const gateway of gateways()) expect((await read(tokens, gateway)).status).toBe(200);
    });

    const gateways = () => [stack().http, second];
    const named = (client = stack().http) => client.with({ 'x-tenant': acme.slug });
    const as = ({ accessToken }: Tokens, client = stack().http) =>
      client.with({ authorization: `Bearer ${accessToken}` });
    const read = (who: Tokens, client?: Client): Promise<Answer> => as(who, client).get('/v1/products?limit=1');

    async function addPerson(roles: string[]): Promise<User> {
      const email = `${Math.random().toString(36).slice(2)}@people.example`;
      const names = { firstName: 'Grace', lastName: 'Hopper' };
      const { status, body } = await acme.admin.post<User>('/v1/users', { email, password, roles, ...names });
      expect(status).toBe(201);
      return body;
    }
    async function login(email: string, secret = password): Promise<Tokens> {
      const { status, body } = await named().post<Tokens>('/v1/auth/login', { email, password: secret });
      expect(status).toBe(200);
      return body;
    }
    /** Changes what is at `path`, whatever version it has. */
    async function change(path: string, patch: object): Promise<void> {
      const { headers } = await acme.admin.get(path);
      const { status } = await acme.admin.with({ 'if-match': String(headers.etag) }).patch(path, patch);
      expect(status).toBe(200);
    }
    async function lose(work: () => Promise<unknown>, isLost: (gateway: Client) => Promise<boolean>): Promise<void> {
      const empty = async (): Promise<unknown> => redis === 'emptied' && stack().emptyRedis();
      await empty();
      if (redis === 'frozen') stack().kill('redis', 'SIGSTOP');
      try {
        await work();
        await empty();
        await Promise.all(gateways().map((gateway) => until('access is lost', withinMs, () => isLost(gateway))));
      } finally {
        if (redis === 'frozen') stack().kill('redis', 'SIGCONT');
      }
    }
    const isRevoked = async (gateway: Client): Promise<boolean> => {
      const answer = await read(tokens, gateway);
      if (answer.status === 200) return false;
      expectProblem(answer, 'token-revoked');
      return true;
    };
    const refresh = () => named().post<Tokens>('/v1/auth/refresh', { refreshToken: tokens.refreshToken });

    it('by logout', async () => {
      await lose(() => as(tokens).post('/v1/auth/logout', {}), isRevoked);
      expectProblem(await refresh(), 'token-revoked');
    });

    it('by a new password, in every session but the one that set it', async () => {
      const other = await login(person.email);
      const newPassword = 'orbit-walnut-anvil-8';
      await lose(async () => {
        const body = JSON.stringify({ currentPassword: password, newPassword });
        const put = await as(other).send('PUT', '/v1/me/password', body, { 'content-type': 'application/json' });
        expect(put.status).toBe(204);
      }, isRevoked);
      expectProblem(await refresh(), 'token-revoked');
      for (const gateway of gateways()) expect((await read(other, gateway)).status).toBe(200);
      expect((await login(person.email, newPassword)).accessToken).toBeDefined();
    });

    it('by being disabled, and not given back by being enabled', async () => {
      await lose(() => change(`/v1/users/${person.id}`, { active: false }), isRevoked);
      await change(`/v1/users/${person.id}`, { active: true });
      expectProblem(await read(tokens), 'token-revoked');
      expectProblem(await refresh(), 'token-revoked');
    });

    it('by the loss of a role: the session goes on with what is left', async () => {
      await lose(() => change(`/v1/users/${person.id}`, { roles: ['viewer'] }), isRevoked);
      const renewed = await refresh();
      expect(renewed.status).toBe(200);
      expect((await read(renewed.body)).status).toBe(200);
      expectProblem(await as(renewed.body).post('/v1/products', { name: 'Anvil', price: '1' }), 'forbidden');
    });

    it('by what a role permits: the token goes on with what is left', async () => {
      const name = `clerk-${Math.random().toString(36).slice(2)}`;
      const created = await acme.admin.post<Role>('/v1/roles', { name, permissions: ['products:read'] });
      expect(created.status).toBe(201);
      tokens = await login((await addPerson([name])).email);
      for (const gateway of gateways()) expect((await read(tokens, gateway)).status).toBe(200);
      const isForbidden = async (gateway: Client): Promise<boolean> => (await read(tokens, gateway)).status === 403;
      await lose(() => change(`/v1/roles/${created.body.id}`, { permissions: ['users:read'] }), isForbidden);
      for (const gateway of gateways()) expect((await as(tokens, gateway).get('/v1/users')).status).toBe(200);
    });

    it('by the suspension of the tenant, which spends no refresh token', async () => {
      const path = `/v1/admin/tenants/${acme.id}`;
      const isSuspended = async (gateway: Client): Promise<boolean> => (await read(tokens, gateway)).status === 403;
      await lose(() => stack().operator.post(`${path}/suspend`, { reason: 'unpaid' }), isSuspended);
      expectProblem(await read(tokens), 'tenant-suspended');
      expectProblem(await refresh(), 'tenant-suspended');
      expect((await stack().operator.post(`${path}/resume`, { reason: 'paid' })).status).toBe(200);
      await until('the tenant is back', withinMs, async () => (await read(tokens)).status === 200);
      expect((await refresh()).status).toBe(200);
    });
  });
