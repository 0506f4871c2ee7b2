import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Auth } from '@tenantry/contracts';
import { readRefreshToken } from './sessions/refresh-token.js';
import { password, World } from './test/world.js';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
beforeEach(async () => {
  await world.acme.query('DELETE FROM audit_events');
});
afterAll(() => world.stop());

const email = 'ada@acme.test';
const attempt = (given: string) => world.ask(Auth.login, { email, password: given, limitedForSeconds: null });

/** Logs in. @returns the session with its first refresh token. */
async function login() {
  const { status, body } = await attempt(password);
  expect(status).toBe(200);
  return { session: readRefreshToken(body.refreshToken)!.sessionId, token: body.refreshToken };
}

/** What stands in the tenant's audit but logins, in the order of their ids. */
const audit = async (beside = 'auth.login') =>
  (
    await world.acme.query(
      `SELECT action, actor, actor_id, target_id, details, address, agent, request_id FROM audit_events
       WHERE action <> $1 ORDER BY id`,
      [beside],
    )
  ).rows;

const from = { address: '192.0.2.7', agent: 'curl/8', request_id: expect.stringMatching(/^[0-9a-f-]{36}$/) };
const owner = () => ({ actor: `user:${world.userId}`, actor_id: world.userId });
const nobody = { actor: 'anonymous', actor_id: null };

describe("a tenant's audit", () => {
  it('keeps a login: who, into which session, from where, in which request', async () => {
    const { session } = await login();
    expect(await audit('')).toEqual([{ ...from, ...owner(), action: 'auth.login', target_id: session, details: {} }]);
  });

  it('keeps a login that failed with the address that was given, and no password', async () => {
    expect(await attempt('wrong-anvil')).toMatchObject({ status: 401, body: { code: 'invalid-credentials' } });
    const rows = await audit();
    expect(rows).toEqual([{ ...from, ...nobody, action: 'auth.login-failed', target_id: null, details: { email } }]);
    expect(JSON.stringify(rows)).not.toContain('wrong-anvil');
  });

  it('keeps the right password of somebody disabled meanwhile as a login that failed, and opens nothing', async () => {
    world.subject = { roles: ['viewer'], securityVersion: 99 };
    expect(await attempt(password)).toMatchObject({ status: 401 });
    world.subject = { roles: ['viewer'], securityVersion: 1 };
    expect(await audit('')).toMatchObject([{ action: 'auth.login-failed', details: { email } }]);
  });

  it('keeps a logout, once', async () => {
    const { session } = await login();
    for (let time = 0; time < 2; time++) await world.ask(Auth.logout, {}, { userId: world.userId, session });
    const details = { userId: world.userId, why: 'logout' };
    expect(await audit()).toEqual([{ ...from, ...owner(), action: 'auth.logout', target_id: session, details }]);
  });

  it('keeps which session its owner ended from another one', async () => {
    const [lost, mine] = [await login(), await login()];
    const asker = { userId: world.userId, session: mine.session };
    expect(await world.ask(Auth.endSession, { id: lost.session }, asker)).toMatchObject({ status: 204 });
    const details = { userId: world.userId, why: 'revoked' };
    expect(await audit()).toEqual([
      { ...from, ...owner(), action: 'auth.session-revoked', target_id: lost.session, details },
    ]);
  });

  it('keeps whose session ended since a spent refresh token came again, from wherever it came', async () => {
    const { session, token } = await login();
    expect(await world.ask(Auth.refresh, { refreshToken: token })).toMatchObject({ status: 200 });
    for (let time = 0; time < 2; time++)
      expect(await world.ask(Auth.refresh, { refreshToken: token })).toMatchObject({ status: 401 });
    const details = { userId: world.userId, why: 'refresh-reused' };
    expect(await audit()).toEqual([{ ...from, ...nobody, action: 'auth.refresh-reused', target_id: session, details }]);
  });

  it('keeps each session that a change of access ended, and not the one that was spared', async () => {
    const [one, other, spared] = [await login(), await login(), await login()];
    const change = {
      kind: 'user',
      userId: world.userId,
      version: 1,
      except: spared.session,
      sessions: 'ended',
    } as const;
    const { tenantId } = world.acme;
    await world.users.messages.ask(Auth.revoke, { change }, { tenantId });
    const rows = (await audit()).filter(({ target_id }) => [one.session, other.session].includes(String(target_id)));
    expect(rows).toHaveLength(2);
    for (const row of rows)
      expect(row).toMatchObject({
        ...{ action: 'auth.session-revoked', actor: 'system:users', actor_id: null },
        details: { userId: world.userId, why: 'access-changed' },
      });
    expect(await audit()).not.toContainEqual(expect.objectContaining({ target_id: spared.session }));
  });

  it('keeps no logout that was not done, and lets none be done that it cannot keep', async () => {
    const { session } = await login();
    await world.acme.query('ALTER TABLE audit_events RENAME TO gone');
    const { status } = await world.ask(Auth.logout, {}, { userId: world.userId, session });
    await world.acme.query('ALTER TABLE gone RENAME TO audit_events');
    expect(status).toBe(500);
    const { rows } = await world.acme.query('SELECT ended_at FROM sessions WHERE id = $1', [session]);
    expect(rows).toEqual([{ ended_at: null }]);
  });
});
