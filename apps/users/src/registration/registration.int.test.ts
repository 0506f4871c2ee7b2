import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Message, Registration, tenantPermissions, Users } from '@tenantry/contracts';
import { createTenantDatabase, type TenantDatabase } from '@tenantry/testing';
import { TokenMails } from '../mail/token-mails.js';
import { startBus, until, type Bus } from '../test/bus.js';

let acme: TenantDatabase;
let closed: TenantDatabase;
let bus: Bus;

beforeAll(async () => {
  [acme, closed] = await Promise.all([createTenantDatabase(), createTenantDatabase()]);
  bus = await startBus([acme, closed], {}, { [acme.tenantId]: { signUp: true, slug: 'acme' } });
});
afterAll(async () => {
  await bus.close();
  await Promise.all([acme.drop(), closed.drop()]);
});

/** As somebody whom nobody knows yet. */
const ask: Bus['ask'] = (message, request, tenant) =>
  bus.ask(message, request, tenant, { userId: null, permissions: [] });

const password = 'anvil-orbit-walnut-9';
const other = 'walnut-orbit-anvil-10';
const newPerson = () => ({ email: `${randomUUID()}@acme.test`, password, firstName: 'Ada', lastName: 'Lovelace' });
const login = (email: string, given: string) =>
  bus.auth.ask(Users.verifyPassword, { email, password: given }, { tenantId: acme.tenantId });

async function mailsTo(email: string): Promise<string[]> {
  const names = (await readdir(bus.mailFolder)).sort();
  const all = await Promise.all(names.map((name) => readFile(join(bus.mailFolder, name), 'utf8')));
  return all.filter((mail) => mail.includes(`To: ${email}`));
}

/** The token of the newest mail, once there are so many. */
async function tokenSentTo(email: string, count = 1): Promise<string> {
  await until(async () => (await mailsTo(email)).length >= count);
  const [, token] = /Your token: ([\w-]{43})/.exec((await mailsTo(email)).at(-1)!.replaceAll('=\r\n', '')) ?? [];
  return token!;
}

async function registered() {
  const person = newPerson();
  expect(await ask(Registration.register, person, acme)).toMatchObject({ status: 201 });
  return person;
}
/** As if the last mail had been sent long ago. */
const aMinuteLater = () => acme.query(`UPDATE mail_tokens SET created_at = created_at - interval '61 seconds'`);

const invalid = { status: 422, body: { errors: [{ pointer: '/token', code: 'invalid-token' }] } };

describe('signing up', () => {
  it('makes a member, where the tenant allows it', async () => {
    const person = newPerson();
    const { status, body } = await ask(Registration.register, person, acme);
    expect({ status, body }).toMatchObject({ status: 201, body: { email: person.email, roles: ['member'] } });
    await expect(login(person.email, password)).resolves.toMatchObject({ id: body.id });
    expect(await ask(Registration.register, person, acme)).toMatchObject({
      status: 409,
      body: { code: 'email-taken' },
    });
  });

  it('is forbidden where the tenant has not said that it allows it, and makes nobody', async () => {
    const refused = await ask(Registration.register, newPerson(), closed);
    expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await closed.query('SELECT FROM users')).rows).toEqual([]);
  });

  it('sends a token that shows once whose address it is', async () => {
    const { email } = await registered();
    const token = await tokenSentTo(email);
    const verified = async () =>
      (await acme.query('SELECT email_verified_at AS at FROM users WHERE email = $1', [email])).rows[0]?.['at'];
    expect(await verified()).toBeNull();
    const answers = await Promise.all([1, 2, 3].map(() => ask(Registration.verifyEmail, { token }, acme)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 422, 422]);
    expect(await verified()).not.toBeNull();
  });

  it('and being given another address sends a token there, at once', async () => {
    const { email } = await registered();
    await tokenSentTo(email);
    const { id } = await login(email, password);
    const admin = { permissions: tenantPermissions };
    await bus.ask(Users.update, { id, email: `moved-${email}` }, acme, admin);
    const token = await tokenSentTo(`moved-${email}`);
    expect(await ask(Registration.verifyEmail, { token }, acme)).toMatchObject({ status: 204 });
    await bus.ask(Users.update, { id, email: `moved-${email}`, lastName: 'King' }, acme, admin);
    await bus.service.get(TokenMails).onApplicationShutdown();
    expect(await mailsTo(`moved-${email}`)).toHaveLength(1);
  });

  it('sends a token that is worth nothing for another address', async () => {
    const { email } = await registered();
    const token = await tokenSentTo(email);
    await acme.query('UPDATE users SET email = $2 WHERE email = $1', [email, `moved-${email}`]);
    expect(await ask(Registration.verifyEmail, { token }, acme)).toMatchObject(invalid);
  });
});

describe('in a tenant that does not exist', () => {
  const known = (message: Message, request: object) => ask(message, request, closed);
  const unknown = (message: Message, request: object) => ask(message, request, null);

  it.each<[string, Message, object]>([
    ['signing up', Registration.register, newPerson()],
    ['asking for a new password', Registration.forgotPassword, { email: 'nobody@acme.test' }],
    ['a new password', Registration.resetPassword, { token: 'x'.repeat(43), password }],
    ['a verified address', Registration.verifyEmail, { token: 'x'.repeat(43) }],
  ])('%s is answered as in one that does', async (_, message, request) => {
    expect(await unknown(message, request)).toEqual(await known(message, request));
  });
});

describe('a forgotten password', () => {
  const forget = async (email: string) => {
    await aMinuteLater();
    return ask(Registration.forgotPassword, { email }, acme);
  };

  it('is replaced with the token of a mail, once, which ends all sessions', async () => {
    const { email } = await registered();
    expect(await forget(email)).toMatchObject({ status: 202, body: {} });
    const token = await tokenSentTo(email, 2);
    const answers = await Promise.all(
      [1, 2, 3].map(() => ask(Registration.resetPassword, { token, password: other }, acme)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 422, 422]);
    await expect(login(email, password)).rejects.toMatchObject({ code: 'invalid-credentials' });
    const { id: userId, securityVersion: version } = await login(email, other);
    const told = { kind: 'user', userId, version, sessions: 'ended', except: null };
    await until(() => bus.revoked.some((change) => change.kind === 'user' && change.userId === userId));
    expect(bus.revoked).toContainEqual(told);
  });

  it('is answered alike, before anything is looked up, whether or not there is such a user', async () => {
    const { email } = await registered();
    const known = await forget(email);
    const unknown = await forget('nobody@acme.test');
    expect(unknown).toEqual(known);
    await tokenSentTo(email, 2);
    expect(await mailsTo('nobody@acme.test')).toEqual([]);
  });

  it('is not replaced with a token that is old, made up, replaced, of a disabled user, or for something else', async () => {
    const { email } = await registered();
    const verifying = await tokenSentTo(email);
    const reset = (token: string) => ask(Registration.resetPassword, { token, password: other }, acme);
    expect(await reset(verifying)).toMatchObject(invalid);
    expect(await reset('x'.repeat(43))).toMatchObject(invalid);
    await forget(email);
    const first = await tokenSentTo(email, 2);
    await forget(email);
    const second = await tokenSentTo(email, 3);
    expect(await reset(first)).toMatchObject(invalid);
    await acme.query('UPDATE users SET active = false WHERE email = $1', [email]);
    expect(await reset(second)).toMatchObject(invalid);
    await acme.query('UPDATE users SET active = true WHERE email = $1', [email]);
    await acme.query(`UPDATE mail_tokens SET expires_at = now() - interval '1 second'`);
    expect(await reset(second)).toMatchObject(invalid);
    await expect(login(email, password)).resolves.toBeDefined();
  });

  it('sends one mail a minute to one user, however often it is asked for, and at once', async () => {
    for (let round = 0; round < 5; round++) {
      const { email } = await registered();
      await tokenSentTo(email);
      await Promise.all(Array.from({ length: 8 }, () => ask(Registration.forgotPassword, { email }, acme)));
      await bus.service.get(TokenMails).onApplicationShutdown();
      await ask(Registration.forgotPassword, { email }, acme);
      await bus.service.get(TokenMails).onApplicationShutdown();
      expect(await mailsTo(email)).toHaveLength(2);
    }
  });

  it('is not replaced with a token that was mailed before the password was changed', async () => {
    const { email } = await registered();
    await tokenSentTo(email);
    await forget(email);
    const token = await tokenSentTo(email, 2);
    const { id: userId } = await login(email, password);
    const change = { currentPassword: password, newPassword: other };
    const { status } = await bus.ask(Users.changePassword, change, acme, { userId, permissions: [] });
    expect(status).toBe(204);
    expect(await ask(Registration.resetPassword, { token, password }, acme)).toMatchObject(invalid);
    await expect(login(email, other)).resolves.toBeDefined();
  });

  it('is not replaced twice, with two tokens that were mailed', async () => {
    const { email } = await registered();
    await tokenSentTo(email);
    await forget(email);
    const token = await tokenSentTo(email, 2);
    const { id } = await login(email, password);
    const hash = createHash('sha256').update('another').digest();
    await acme.query(
      `INSERT INTO mail_tokens (hash, user_id, purpose, email, expires_at)
       VALUES ($1, $2, 'reset-password', $3, now() + interval '1 hour')`,
      [hash, id, email],
    );
    expect(await ask(Registration.resetPassword, { token, password: other }, acme)).toMatchObject({ status: 204 });
    expect(await ask(Registration.resetPassword, { token: 'another', password }, acme)).toMatchObject(invalid);
  });

  it('leaves nothing in the database that opens the account', async () => {
    const { email } = await registered();
    const token = await tokenSentTo(email);
    const { rows } = await acme.query('SELECT mail_tokens::text AS row FROM mail_tokens');
    expect(JSON.stringify(rows)).not.toContain(token);
    expect(JSON.stringify(rows)).not.toContain(Buffer.from(token).toString('hex'));
  });

  it('is nothing for who is logged in to set for somebody else', async () => {
    const { body } = await ask(Registration.register, newPerson(), acme);
    const { status } = await bus.ask(Users.update, { id: body.id, password: other } as never, acme, {
      permissions: tenantPermissions,
    });
    expect(status).toBe(400);
  });
});
