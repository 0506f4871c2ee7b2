import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { builtInRoles, tenantPermissions, UserEvents, Users, type User } from '@tenantry/contracts';
import type { TenantDatabase } from '@tenantry/testing';
import { until, type Bus } from '../test/bus.js';
import { startTwoTenants, type TwoTenants } from '../test/two-tenants.js';

let both: TwoTenants;
let acme: TenantDatabase;
let globex: TenantDatabase;
let bus: Bus;
beforeAll(async () => ({ acme, globex, bus } = both = await startTwoTenants()));
afterAll(() => both.close());

const admin = { permissions: tenantPermissions };
const manager = { permissions: builtInRoles['manager']! };
const asAdmin: Bus['ask'] = (message, request, tenant) => bus.ask(message, request, tenant, admin);
const asManager: Bus['ask'] = (message, request, tenant) => bus.ask(message, request, tenant, manager);

const password = 'anvil-orbit-walnut-9';
async function create(change: object = {}, tenant = acme): Promise<User> {
  const request = { email: `${randomUUID()}@acme.test`, password, firstName: 'Ada', lastName: 'Lovelace', ...change };
  const { status, body } = await asAdmin(Users.create, request, tenant);
  expect(status).toBe(201);
  return body;
}
const read = async (id: string, tenant = acme) => (await asAdmin(Users.get, { id }, tenant)).body;

describe('a user', () => {
  it('is read by id in their own tenant only', async () => {
    const user = await create();
    expect(await asAdmin(Users.get, { id: user.id }, acme)).toMatchObject({ status: 200, body: user });
    expect(await asAdmin(Users.get, { id: user.id }, globex)).toMatchObject({ status: 404 });
    expect(await asAdmin(Users.get, { id: randomUUID() }, acme)).toMatchObject({ status: 404 });
  });

  it('is changed in the given fields alone', async () => {
    const user = await create();
    const change = { id: user.id, email: ' NEW@Acme.test', roles: ['viewer', 'manager'] };
    const { status, body } = await asAdmin(Users.update, change, acme);
    expect({ status, body }).toEqual({
      status: 200,
      body: { ...user, email: 'new@acme.test', roles: ['manager', 'viewer'], updatedAt: body.updatedAt },
    });
    expect(body.updatedAt > user.updatedAt).toBe(true);
    expect(await read(user.id)).toEqual(body);
  });

  it('is changed in the version that was seen, or not at all', async () => {
    const { id } = await create();
    const { etag } = await asAdmin(Users.get, { id }, acme);
    const seen = { ...admin, ifMatch: etag! };
    const answers = await Promise.all(
      [['viewer'], ['manager'], ['member', 'viewer']].map((roles) => bus.ask(Users.update, { id, roles }, acme, seen)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
    expect(await bus.ask(Users.update, { id }, acme, seen)).toMatchObject({ status: 412 });
    expect(await bus.ask(Users.delete, { id }, acme, seen)).toMatchObject({ status: 412 });
    const { etag: now } = await asAdmin(Users.get, { id }, acme);
    expect(await bus.ask(Users.delete, { id }, acme, { ...admin, ifMatch: now! })).toMatchObject({ status: 204 });
  });

  it.each<[string, (user: User) => object]>([
    ['nothing', () => ({})],
    ['what it is already', ({ email, roles, active }) => ({ email: email.toUpperCase(), roles, active })],
  ])('that is changed to %s is not changed', async (_, changeOf) => {
    const user = await create({ roles: ['viewer', 'member'] });
    const { body } = await asAdmin(Users.update, { id: user.id, ...changeOf(user) }, acme);
    expect(body).toEqual(user);
  });

  it('cannot take the e-mail of another, nor a role that does not exist', async () => {
    const [one, other] = [await create(), await create()];
    expect(await asAdmin(Users.update, { id: one.id, email: other.email }, acme)).toMatchObject({
      status: 409,
      body: { code: 'email-taken' },
    });
    expect(await asAdmin(Users.update, { id: one.id, roles: ['emperor'] }, acme)).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/roles', code: 'unknown-role' }] },
    });
    expect(await read(one.id)).toEqual(one);
  });

  it('is deactivated by DELETE, stays to be read, and does so again without harm', async () => {
    const user = await create();
    expect(await asAdmin(Users.delete, { id: user.id }, acme)).toMatchObject({ status: 204, body: null });
    const gone = await read(user.id);
    expect(gone).toMatchObject({ ...user, active: false, updatedAt: gone.updatedAt });
    expect(await asAdmin(Users.delete, { id: user.id }, acme)).toMatchObject({ status: 204 });
    expect(await read(user.id)).toEqual(gone);
    const { tenantId } = acme;
    const login = bus.auth.ask(Users.verifyPassword, { email: user.email, password }, { tenantId });
    await expect(login).rejects.toMatchObject({ code: 'invalid-credentials' });
    expect(await asAdmin(Users.delete, { id: user.id }, globex)).toMatchObject({ status: 404 });
  });

  it('who may do more than the caller is not the caller’s to demote, disable or redirect', async () => {
    const { id } = await create({ roles: ['admin'] });
    for (const change of [{ roles: ['member'] }, { active: false }, { email: 'mine@acme.test' }]) {
      expect(await asManager(Users.update, { id, ...change }, acme)).toMatchObject({ status: 403 });
    }
    expect(await asManager(Users.delete, { id }, acme)).toMatchObject({ status: 403 });
    expect(await asManager(Users.update, { id, lastName: 'King' }, acme)).toMatchObject({ status: 200 });
  });
});

describe('changed access', () => {
  const toldOf = (id: string) => bus.revoked.filter((change) => change.kind === 'user' && change.userId === id);
  const versionOf = async ({ id }: User) =>
    (await bus.auth.ask(Users.sessionSubject, { id }, { tenantId: acme.tenantId })).securityVersion;

  it('is told to auth at once: other roles keep sessions, a disabled user has none', async () => {
    const user = await create();
    await asAdmin(Users.update, { id: user.id, roles: ['viewer'] }, acme);
    await asAdmin(Users.delete, { id: user.id }, acme);
    await until(() => toldOf(user.id).length === 2);
    const whose = { kind: 'user', userId: user.id, except: null };
    expect(toldOf(user.id)).toEqual([
      { ...whose, version: 2, sessions: 'kept' },
      { ...whose, version: 3, sessions: 'ended' },
    ]);
    await asAdmin(Users.update, { id: user.id, active: true }, acme);
    expect(await versionOf(user)).toBe(3);
  });

  it('is not what a name, an address or the same roles are', async () => {
    const user = await create();
    await asAdmin(Users.update, { id: user.id, firstName: 'B', email: `b-${user.email}`, roles: ['member'] }, acme);
    expect(await versionOf(user)).toBe(1);
  });

  it('stands in the outbox if the change is committed, so that auth hears of it later too', async () => {
    const user = await create();
    await asAdmin(Users.delete, { id: user.id }, acme);
    const subject = UserEvents.accessChanged.subject;
    const event = await bus.nextEvent(subject, ({ subject: aggregate }) => aggregate === user.id);
    expect(event).toMatchObject({ tenantid: acme.tenantId, data: { kind: 'user', userId: user.id, version: 2 } });
  });
});

describe('the last admin', () => {
  const admins = async (tenant: TenantDatabase) => {
    const { rows } = await tenant.query(`SELECT users.id FROM users JOIN user_roles ON user_id = users.id
      JOIN roles ON roles.id = role_id WHERE name = 'admin' AND active`);
    return rows.map(({ id }) => id);
  };
  const lastAdmin = { status: 409, body: { code: 'last-admin' } };

  it('can be neither demoted nor deactivated, before there is another', async () => {
    const { id } = await create({ roles: ['admin', 'viewer'] }, globex);
    await create({ roles: ['member'] }, globex);
    expect(await asAdmin(Users.update, { id, roles: ['viewer'] }, globex)).toMatchObject(lastAdmin);
    expect(await asAdmin(Users.update, { id, active: false }, globex)).toMatchObject(lastAdmin);
    expect(await asAdmin(Users.delete, { id }, globex)).toMatchObject(lastAdmin);
    expect(await asAdmin(Users.update, { id, roles: ['admin'] }, globex)).toMatchObject({ status: 200 });
    const other = await create({ roles: ['admin'] }, globex);
    expect(await asAdmin(Users.delete, { id }, globex)).toMatchObject({ status: 204 });
    expect(await asAdmin(Users.delete, { id: other.id }, globex)).toMatchObject(lastAdmin);
    expect(await admins(globex)).toEqual([other.id]);
  });

  it('stays, however many demote each other at once', async () => {
    for (let round = 0; round < 10; round++) {
      const others = await admins(globex);
      const pair = [await create({ roles: ['admin'] }, globex), await create({ roles: ['admin'] }, globex)];
      await Promise.all(others.map((id) => asAdmin(Users.delete, { id: String(id) }, globex)));
      const answers = await Promise.all([
        asAdmin(Users.update, { id: pair[0]!.id, roles: ['member'] }, globex),
        asAdmin(Users.delete, { id: pair[1]!.id }, globex),
      ]);
      expect(answers.filter(({ status }) => status === 409)).toMatchObject([lastAdmin]);
      expect(await admins(globex)).toHaveLength(1);
    }
  });
});

describe('an e-mail address', () => {
  it('has one owner, however many ask for it at once', async () => {
    const users = await Promise.all(Array.from({ length: 5 }, () => create()));
    const email = `${randomUUID()}@acme.test`;
    const person = { password, firstName: 'Ada', lastName: 'Lovelace' };
    const answers = await Promise.all([
      ...users.map(({ id }) => asAdmin(Users.update, { id, email }, acme)),
      ...[email.toUpperCase(), ` ${email}`, email].map((given) =>
        asAdmin(Users.create, { ...person, email: given }, acme),
      ),
    ]);
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(7);
    const { rows } = await acme.query('SELECT count(*)::int FROM users WHERE email = $1', [email]);
    expect(rows).toEqual([{ count: 1 }]);
  });
});
