import { randomUUID } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tenantPermissions, type User, Users } from '@tenantry/contracts';
import { createTenantDatabase, type TenantDatabase } from '@tenantry/testing';
import { startBus, until, type Bus } from '../test/bus.js';

let acme: TenantDatabase;
let bus: Bus;
let me: User;

const password = 'anvil-orbit-walnut-9';
const next = 'walnut-orbit-anvil-10';

beforeAll(async () => {
  acme = await createTenantDatabase();
  bus = await startBus([acme]);
  const person = { email: 'ada@acme.test', password, firstName: 'Ada', lastName: 'Lovelace' };
  me = (await bus.ask(Users.create, person, acme, { permissions: tenantPermissions })).body;
});
afterAll(async () => {
  await bus.close();
  await acme.drop();
});

/** Without any permission, as everybody may. */
const session = randomUUID();
const ask: Bus['ask'] = (message, request, tenant, asking) =>
  bus.ask(message, request, tenant, { userId: me.id, session, permissions: [], ...asking });
const login = (given: string) =>
  bus.auth.ask(Users.verifyPassword, { email: me.email, password: given }, { tenantId: acme.tenantId });
const refused = { code: 'invalid-credentials' };

describe('me', () => {
  it('is the caller, who may change their names and nothing else', async () => {
    const { body, etag } = await ask(Users.me, {}, acme);
    expect(body).toEqual(me);
    const { body: changed } = await ask(Users.updateMe, { firstName: 'Augusta' }, acme, { ifMatch: etag! });
    expect(changed).toMatchObject({ ...me, firstName: 'Augusta', updatedAt: changed.updatedAt });
    expect((await ask(Users.me, {}, acme)).body).toEqual(changed);
    expect(await ask(Users.updateMe, { firstName: 'A' }, acme, { ifMatch: etag! })).toMatchObject({ status: 412 });
    expect(await ask(Users.updateMe, { roles: ['admin'] } as never, acme)).toMatchObject({ status: 400 });
  });

  it('is not found once there is no such user', async () => {
    const nobody = { userId: randomUUID() };
    expect(await ask(Users.me, {}, acme, nobody)).toMatchObject({ status: 404 });
    expect(await ask(Users.updateMe, { firstName: 'A' }, acme, nobody)).toMatchObject({ status: 404 });
  });

  it('belongs to a tenant, of which they may know name, plan and limits and nothing more', async () => {
    expect((await ask(Users.myTenant, {}, acme)).body).toEqual({
      ...{ id: acme.tenantId, slug: 'test', name: 'Test', plan: 'standard' },
      limits: { requestsPerMinute: 1000, maxConnections: 5, maxDatabaseBytes: 1e9, maxUsers: 100 },
    });
  });
});

describe('the password', () => {
  it('is changed by who knows the present one, which ends all sessions but theirs', async () => {
    const wrong = await ask(Users.changePassword, { currentPassword: next, newPassword: next }, acme);
    expect(wrong).toMatchObject({ status: 401, body: refused });
    const common = await ask(Users.changePassword, { currentPassword: password, newPassword: 'Password1234' }, acme);
    expect(common).toMatchObject({ status: 422, body: { errors: [{ pointer: '/newPassword' }] } });
    expect(await ask(Users.changePassword, { currentPassword: password, newPassword: next }, acme)).toMatchObject({
      status: 204,
    });
    await expect(login(password)).rejects.toMatchObject(refused);
    const { securityVersion: version } = await login(next);
    const told = { kind: 'user', userId: me.id, version, sessions: 'ended', except: session };
    await until(() => bus.revoked.length > 0);
    expect(bus.revoked).toEqual([told]);
  });

  it('is changed once by two who change it at the same time', async () => {
    const change = (newPassword: string) =>
      ask(Users.changePassword, { currentPassword: next, newPassword: `${newPassword}-orbit-walnut` }, acme);
    const answers = await Promise.all([change('one'), change('other')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 401]);
    const [won] = ['one', 'other'].filter((_, at) => answers[at]!.status === 204);
    await expect(login(`${won}-orbit-walnut`)).resolves.toMatchObject({ id: me.id });
  });

  it('that was hashed for less is hashed anew at the next login, by nobody’s leave', async () => {
    const weak = await hash(password, { memoryCost: 8192, timeCost: 1, parallelism: 1 });
    await acme.query('UPDATE users SET password_hash = $2 WHERE id = $1', [me.id, weak]);
    const before = await login(password);
    const { rows } = await acme.query('SELECT password_hash FROM users WHERE id = $1', [me.id]);
    expect(rows[0]?.['password_hash']).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await login(password)).toEqual(before);
  });
});
