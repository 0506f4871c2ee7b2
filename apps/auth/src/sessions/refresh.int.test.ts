import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Auth } from '@tenantry/contracts';
import { readRefreshToken } from './refresh-token.js';
import { password, World } from '../test/world.js';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
beforeEach(() => {
  world.subject = { roles: ['viewer'], securityVersion: 1 };
});
afterAll(() => world.stop());

async function login(): Promise<string> {
  const { status, body } = await world.ask(Auth.login, { email: 'ada@acme.test', password, limitedForSeconds: null });
  expect(status).toBe(200);
  return body.refreshToken;
}
const refresh = (refreshToken: string, asker = {}) => world.ask(Auth.refresh, { refreshToken }, asker);
async function next(token: string): Promise<string> {
  const { status, body } = await refresh(token);
  expect(status).toBe(200);
  return body.refreshToken;
}
const refusedAs = (code: string) => ({ status: 401, body: { code } });
const endedWhy = async (token: string) => {
  const { sessionId } = readRefreshToken(token)!;
  const { rows } = await world.acme.query('SELECT ended_why FROM sessions WHERE id = $1', [sessionId]);
  return rows[0]?.['ended_why'];
};

describe('a refresh token', () => {
  it('is good once, and gives its successor with an access token', async () => {
    const first = await login();
    const { status, body } = await refresh(first);
    expect(status).toBe(200);
    expect(body).toMatchObject({ tokenType: 'Bearer', expiresIn: 600, accessToken: expect.stringMatching(/^ey/) });
    expect(body.refreshExpiresIn).toBeGreaterThan(604_790);
    expect(await refresh(first)).toMatchObject(refusedAs('refresh-reused'));
  });

  it.each([1, 2, 3])('spent %i rotations ago ends its family when it comes again', async (rotations) => {
    const chain = [await login()];
    for (let made = 0; made < rotations; made++) chain.push(await next(chain.at(-1)!));
    expect(await refresh(chain[0]!)).toMatchObject(refusedAs('refresh-reused'));
    expect(await endedWhy(chain[0]!)).toBe('refresh-reused');
    for (const token of chain) expect(await refresh(token)).toMatchObject(refusedAs('token-revoked'));
  });

  it('used fifty times at once lets exactly one chain live, twenty times over', async () => {
    for (let round = 0; round < 20; round++) {
      const token = await login();
      const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(token)));
      const good = answers.filter(({ status }) => status === 200);
      expect(good).toHaveLength(1);
      for (const answer of answers.filter((one) => !good.includes(one)))
        expect(answer).toMatchObject(refusedAs('refresh-reused'));
      await next(good[0]!.body.refreshToken);
    }
  }, 60_000);

  it('is spent once, and harms nobody, when a busy gateway draws a burst out', async () => {
    const token = await login();
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => sleep(index * 20).then(() => refresh(token))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 29 }, () => 401)]);
    await next(answers.find(({ status }) => status === 200)!.body.refreshToken);
  });

  it('that was spent while the request with it was under way harms nobody', async () => {
    const first = await login();
    const second = await next(first);
    expect(await refresh(first, { arrivedMsAgo: 2000 })).toMatchObject(refusedAs('refresh-reused'));
    const third = await next(second);
    // Two rotations later it is a replay, however long its request was under way.
    expect(await refresh(first, { arrivedMsAgo: 2000 })).toMatchObject(refusedAs('refresh-reused'));
    expect(await refresh(third)).toMatchObject(refusedAs('token-revoked'));
  });

  it('is good after auth was restarted, and a spent one is still spent', async () => {
    const first = await login();
    const second = await next(first);
    await world.restart();
    const third = await next(second);
    await world.restart();
    expect(await refresh(first)).toMatchObject(refusedAs('refresh-reused'));
    expect(await refresh(third)).toMatchObject(refusedAs('token-revoked'));
  });

  it('racing its logout two hundred times never outlives it', async () => {
    const race = async (): Promise<void> => {
      const token = await login();
      const { sessionId } = readRefreshToken(token)!;
      // Spent after a while: now and then the logout comes before, now and then after.
      const late = sleep(180 + Math.random() * 60);
      const [refreshed, out] = await Promise.all([
        refresh(token),
        late.then(() => world.ask(Auth.logout, {}, { userId: world.userId, session: sessionId })),
      ]);
      expect(out.status).toBe(204);
      const left = refreshed.status === 200 ? refreshed.body.refreshToken : token;
      expect(await refresh(left)).toMatchObject(refusedAs('token-revoked'));
    };
    for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 20 }, race));
  }, 60_000);

  it('is not spent when it is refused to somebody disabled', async () => {
    const token = await login();
    world.subject = 'invalid-credentials';
    expect(await refresh(token)).toMatchObject(refusedAs('invalid-credentials'));
    world.subject = { roles: ['viewer'], securityVersion: 3 };
    await next(token);
  });

  it('of one tenant is nothing in another, and not spent there', async () => {
    const token = await login();
    const elsewhere = await refresh(token, { tenantId: world.globex.tenantId });
    const nonsense = await refresh('x'.repeat(91), { tenantId: world.globex.tenantId });
    expect(elsewhere).toMatchObject(refusedAs('unauthenticated'));
    expect(elsewhere.body).toEqual(nonsense.body);
    await next(token);
  });

  it('rotated twice within one second, and then replayed, ends its family all the same', async () => {
    // A busy machine may take longer over it: then it says nothing of one second, and is done again.
    for (let tries = 0, tookMs = Infinity; tookMs >= 1000; tries++) {
      expect(tries).toBeLessThan(20);
      const first = await login();
      const begunAt = performance.now();
      const third = await next(await next(first));
      const replayed = await refresh(first);
      tookMs = performance.now() - begunAt;
      expect(replayed).toMatchObject(refusedAs('refresh-reused'));
      expect(await endedWhy(first)).toBe('refresh-reused');
      expect(await refresh(third)).toMatchObject(refusedAs('token-revoked'));
    }
  }, 60_000);

  it('that was edited is nothing, and ends nothing', async () => {
    const [spent, token] = await login().then(async (first) => [first, await next(first)] as const);
    for (const text of [spent, token])
      for (let at = 0; at < text.length; at += 3) {
        const edited = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
        expect(await refresh(edited)).toMatchObject(refusedAs('unauthenticated'));
      }
    await next(token);
  });

  it.each(['idle_expires_at', 'expires_at, idle_expires_at'])('is refused after its time: %s', async (columns) => {
    const token = await login();
    const past = columns.split(', ').map((column) => `${column} = now()`);
    await world.acme.query(`UPDATE sessions SET ${past.join(', ')} WHERE id = $1`, [
      readRefreshToken(token)!.sessionId,
    ]);
    expect(await refresh(token)).toMatchObject(refusedAs('token-expired'));
    expect(await endedWhy(token)).toBeNull();
  });

  it('is never good for longer than its session', async () => {
    const token = await login();
    await world.acme.query(`UPDATE sessions SET expires_at = now() + interval '1 hour' WHERE id = $1`, [
      readRefreshToken(token)!.sessionId,
    ]);
    const { body } = await refresh(token);
    expect(body.refreshExpiresIn).toBeLessThanOrEqual(3600);
    expect(body.refreshExpiresIn).toBeGreaterThan(3590);
  });

  it('stands in the database as a hash alone', async () => {
    const token = await login();
    const { rows } = await world.acme.query('SELECT * FROM sessions WHERE id = $1', [
      readRefreshToken(token)!.sessionId,
    ]);
    const stored = JSON.stringify(rows, (_, value: unknown) =>
      value instanceof Buffer ? value.toString('hex') : value,
    );
    expect(stored).not.toContain(token);
    expect(stored).not.toContain(readRefreshToken(token)!.secret.toString('hex'));
  });
});
