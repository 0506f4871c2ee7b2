import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Session } from '@tenantry/contracts';
import { type Answer, Client, createTenant, type Stack, type StackTenant } from '@tenantry/testing';
import { until } from '../faults/flight.js';
import { expectProblem } from './problem.js';

type Tokens = {
  accessToken: string;
  refreshToken: string;
};

const password = 'anvil-orbit-walnut-9';
/** What is sent within so long of one another is one burst: none of it is answered before. */
const burstMs = 200;
/** How long anything that was revoked may still be let in. */
const withinMs = 2000;

/** What a login gives, how it is prolonged, and how it ends, on two gateways. */
export const sessions = (stack: () => Stack): void =>
  describe('a session', () => {
    let acme: StackTenant;
    let globex: StackTenant;
    /** Of the same stack, by way of its second gateway. */
    let second: Client;

    beforeAll(async () => {
      [acme, globex] = await Promise.all([createTenant(stack()), createTenant(stack())]);
      second = Client.of(stack().secondUrl);
    });

    const at = ({ slug }: StackTenant, client = stack().http): Client => client.with({ 'x-tenant': slug });
    const as = ({ accessToken }: Tokens, client = stack().http): Client =>
      client.with({ authorization: `Bearer ${accessToken}` });
    const refresh = (refreshToken: string, client = at(acme)): Promise<Answer<Tokens>> =>
      client.post<Tokens>('/v1/auth/refresh', { refreshToken });
    async function login(tenant = acme): Promise<Tokens> {
      const { email, password } = tenant;
      const answer = await at(tenant)
        .with({ 'user-agent': 'story/1' })
        .post<Tokens>('/v1/auth/login', { email, password });
      expect(answer).toMatchObject({
        status: 200,
        body: { tokenType: 'Bearer', expiresIn: 600, refreshExpiresIn: 604_800 },
      });
      return answer.body;
    }
    async function next(token: string, client?: Client): Promise<Tokens> {
      const answer = await refresh(token, client);
      expect(answer.status).toBe(200);
      return answer.body;
    }
    async function expectRevoked(tokens: Tokens): Promise<void> {
      for (const gateway of [stack().http, second]) {
        await until(
          'a revoked token is refused',
          withinMs,
          async () => (await as(tokens, gateway).get('/v1/me')).status === 401,
        );
        expectProblem(await as(tokens, gateway).get('/v1/me'), 'token-revoked');
      }
    }

    it('is prolonged by either gateway, each refresh token once', async () => {
      const first = await login();
      const renewed = await next(first.refreshToken, at(acme, second));
      for (const gateway of [stack().http, second]) expect((await as(renewed, gateway).get('/v1/me')).status).toBe(200);
      expect((await refresh(renewed.refreshToken)).status).toBe(200);
    });

    it('ends with its newest tokens when the first of a chain of four comes again', async () => {
      const chain = [await login()];
      while (chain.length < 4) chain.push(await next(chain.at(-1)!.refreshToken));
      expectProblem(await refresh(chain[0]!.refreshToken), 'refresh-reused');
      expectProblem(await refresh(chain[3]!.refreshToken), 'token-revoked');
      await expectRevoked(chain[3]!);
    });

    it('lives on in one chain when its token is used fifty times at once, at two gateways', async () => {
      for (let round = 0; round < 20; round++) {
        const { refreshToken } = await login();
        const answers = await Promise.all(
          Array.from({ length: 50 }, (_, index) => refresh(refreshToken, at(acme, index % 2 ? second : stack().http))),
        );
        const good = answers.filter(({ status }) => status === 200);
        expect(good).toHaveLength(1);
        for (const answer of answers.filter((one) => !good.includes(one))) expectProblem(answer, 'refresh-reused');
        await next(good[0]!.body.refreshToken);
      }
    }, 60_000);

    it('of one tenant is nothing in another', async () => {
      const { refreshToken } = await login();
      expectProblem(await refresh(refreshToken, at(globex)), 'unauthenticated');
      expectProblem(await refresh('nonsense'), 'unauthenticated');
      expect((await refresh(refreshToken)).status).toBe(200);
    });

    it('whose client is gone before the answer has one newest token or none, and no second chain', async () => {
      const { refreshToken } = await login();
      const { port } = new URL(stack().url);
      await hangUp(Number(port), acme.slug, refreshToken, 50);
      const again = await refresh(refreshToken);
      if (again.status === 200) await next(again.body.refreshToken);
      else expectProblem(again, 'refresh-reused');
    });

    it('whose client is gone and its token spent ends when that token comes again, whenever the client left', async () => {
      const { port } = new URL(stack().url);
      const database = await stack().openDatabase(`t_${acme.id.replaceAll('-', '')}`);
      for (let round = 0; round < 8; round++) {
        const tokens = await login();
        const stateOf = async () => {
          const text = 'SELECT refresh_counter AS counter, ended_why AS why FROM sessions WHERE id = $1';
          return (await database.query<{ counter: number; why: string | null }>(text, [claimsOf(tokens).sid])).rows[0]!;
        };
        await hangUp(Number(port), acme.slug, tokens.refreshToken, Math.random() * burstMs);
        // The work goes on though nobody waits for it.
        await until('the token is spent', 10_000, async () => (await stateOf()).counter === 2);
        // After its spending by the clock of whoever asks: what arrives with the spending is of the same burst.
        await sleep(burstMs);
        expectProblem(await refresh(tokens.refreshToken), 'refresh-reused');
        expect(await stateOf()).toEqual({ counter: 2, why: 'refresh-reused' });
        await expectRevoked(tokens);
      }
      await database.end();
    }, 60_000);

    it('of somebody with as many roles as one can have, of the longest names, is let in', async () => {
      const names = Array.from({ length: 20 }, (_, at) => `${'會計與倉庫'.repeat(9)}${'計'.repeat(3)}${10 + at}`);
      for (const name of names)
        expect((await acme.admin.post('/v1/roles', { name, permissions: ['users:read'] })).status).toBe(201);
      const person = { email: 'everything@people.example', password, firstName: 'A', lastName: 'B' };
      expect((await acme.admin.post('/v1/users', { ...person, roles: names })).status).toBe(201);
      const tokens = await login({ ...acme, ...person });
      for (const gateway of [stack().http, second])
        expect(await as(tokens, gateway).get('/v1/me')).toMatchObject({ status: 200, body: { roles: names } });
    });

    it('is over everywhere after its logout, and the others of the same person are not', async () => {
      const [one, other] = [await login(), await login()];
      expect((await as(one).post('/v1/auth/logout', {})).status).toBe(204);
      await expectRevoked(one);
      expectProblem(await refresh(one.refreshToken), 'token-revoked');
      expect((await as(other).get('/v1/me')).status).toBe(200);
    });

    it('is listed to its owner with device and address, and ended by its id', async () => {
      const [one, other] = [await login(), await login()];
      const { body } = await as(one).get<{ data: Session[] }>('/v1/auth/sessions');
      const current = body.data.filter(({ current }) => current);
      expect(current).toMatchObject([{ device: 'story/1', address: '127.0.0.1' }]);
      const { sid } = claimsOf(other);
      expect(body.data.map(({ id }) => id)).toContain(sid);
      expectProblem(await globex.admin.delete(`/v1/auth/sessions/${sid}`), 'not-found');
      expect((await as(one).delete(`/v1/auth/sessions/${sid}`)).status).toBe(204);
      await expectRevoked(other);
      expectProblem(await as(one).delete(`/v1/auth/sessions/${sid}`), 'not-found');
      expect((await as(one).get('/v1/me')).status).toBe(200);
    });
  });

const claimsOf = ({ accessToken }: Tokens) =>
  JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()) as { sid: string };

/** Sends a refresh and closes the connection so much later, before the answer. */
function hangUp(port: number, slug: string, refreshToken: string, afterMs: number): Promise<void> {
  const body = JSON.stringify({ refreshToken });
  const head = [
    'POST /v1/auth/refresh HTTP/1.1',
    'Host: 127.0.0.1',
    `X-Tenant: ${slug}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ];
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`${head.join('\r\n')}\r\n\r\n${body}`, () => {
        // The answer takes longer: it waits for a burst to be over.
        setTimeout(() => socket.destroy(), afterMs);
      });
    });
    socket.on('error', reject).on('close', () => resolve());
  });
}
