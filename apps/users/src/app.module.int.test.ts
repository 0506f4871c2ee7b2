import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Surveys, UserEvents, Users } from '@tenantry/contracts';
import { askInstances, CommonConfig, createLog, Nats } from '@tenantry/service-kit';
import { createTenantDatabase, testServers, type TenantDatabase } from '@tenantry/testing';
import { startBus, type Bus } from './test/bus.js';

let acme: TenantDatabase;
let globex: TenantDatabase;
let fresh: TenantDatabase;
let bus: Bus;

beforeAll(async () => {
  [acme, globex, fresh] = await Promise.all([createTenantDatabase(), createTenantDatabase(), createTenantDatabase()]);
  bus = await startBus([acme, globex, fresh], { [fresh.tenantId]: 'provisioning' });
});
afterAll(async () => {
  await bus.close();
  await Promise.all([acme, globex, fresh].map((tenant) => tenant.drop()));
});

const ask: Bus['ask'] = (...given) => bus.ask(...given);

const password = 'anvil-orbit-walnut-9';
const ada = { email: ' Ada@Acme.test ', password, firstName: 'Ada', lastName: 'Lovelace' };

describe('the users service', () => {
  it('makes a user whose password auth can verify, and who can ask who they are', async () => {
    const made = await ask(Users.create, { ...ada, roles: ['viewer'] }, acme);
    expect(made).toMatchObject({ status: 201, body: { email: 'ada@acme.test', roles: ['viewer'] } });
    const tenantId = acme.tenantId;
    const known = await bus.auth.ask(Users.verifyPassword, { email: 'ADA@acme.test', password }, { tenantId });
    expect(known).toEqual({ id: made.body.id, roles: ['viewer'], securityVersion: 1 });
    expect(await bus.auth.ask(Users.sessionSubject, { id: known.id }, { tenantId })).toEqual(known);
    expect(await ask(Users.me, {}, acme, { userId: made.body.id, permissions: [] })).toMatchObject({
      status: 200,
      body: made.body,
    });
  });

  it('says what it has open when the registry asks every instance', async () => {
    const { natsUrl, natsPasswords } = testServers();
    const user = 'tenant-registry';
    const config = CommonConfig.parse({ NATS_URL: natsUrl, NATS_USER: user, NATS_PASSWORD: natsPasswords[user] });
    const log = createLog({ service: user, instance: 'test', level: 'silent' });
    const registry = await Nats.open(config, 'pools-test', log);
    // Those of other tests may answer, too.
    const all = await askInstances(registry, log, Surveys.pools);
    const ours = all.find(({ topTenants }) => topTenants.some(({ tenantId }) => tenantId === acme.tenantId));
    expect(ours).toMatchObject({ service: 'users', instance: 'users-test', clusters: [{ budget: 10 }] });
    await registry.close();
  });

  it("keeps one tenant's people from another's", async () => {
    const { body } = await ask(Users.create, { ...ada, email: 'only@acme.test' }, acme);
    expect((await ask(Users.list, {}, globex)).body).toEqual({ data: [], nextCursor: null });
    expect(await ask(Users.me, {}, globex, { userId: body.id })).toMatchObject({ status: 404 });
    const elsewhere = bus.auth.ask(
      Users.verifyPassword,
      { email: 'only@acme.test', password },
      { tenantId: globex.tenantId },
    );
    await expect(elsewhere).rejects.toMatchObject({ code: 'invalid-credentials' });
  });

  it('lists page by page, and takes a cursor in its own tenant only', async () => {
    for (const email of ['p1@acme.test', 'p2@acme.test', 'p3@acme.test'])
      await ask(Users.create, { ...ada, email }, acme);
    const { body: first } = await ask(Users.list, { limit: 2 }, acme);
    expect(first.data.map(({ email }) => email)).toEqual(['p3@acme.test', 'p2@acme.test']);
    const { body: second } = await ask(Users.list, { limit: 1, cursor: first.nextCursor! }, acme);
    expect(second.data).toMatchObject([{ email: 'p1@acme.test' }]);
    expect(await ask(Users.list, { cursor: first.nextCursor! }, globex)).toMatchObject({
      status: 400,
      body: { code: 'invalid-cursor' },
    });
  });

  it('makes the first admin while the tenant is provisioned, once', async () => {
    const { tenantId } = fresh;
    const first = await bus.registry.ask(Users.createFirstAdmin, ada, { tenantId });
    expect(await bus.registry.ask(Users.createFirstAdmin, ada, { tenantId })).toEqual(first);
    const { rows } = await fresh.query('SELECT user_id AS id, name FROM user_roles JOIN roles ON roles.id = role_id');
    expect(rows).toEqual([{ id: first.id, name: 'admin' }]);
  });

  it('tells other services of each user it makes, without the password', async () => {
    const { body } = await ask(Users.create, { ...ada, email: 'told@acme.test' }, acme);
    const heard = await bus.nextEvent(UserEvents.created.subject, ({ subject }) => subject === body.id);
    expect(heard).toMatchObject({ type: 'users.created', source: '/users', tenantid: acme.tenantId, data: body });
    expect(JSON.stringify(heard)).not.toMatch(/password|argon2/i);
  });

  it('refuses a taken e-mail in any spelling', async () => {
    await ask(Users.create, { ...ada, email: 'twice@acme.test' }, acme);
    expect(await ask(Users.create, { ...ada, email: ' TWICE@acme.test' }, acme)).toMatchObject({
      status: 409,
      body: { code: 'email-taken' },
    });
  });

  it('verifies passwords for auth only, and makes users for those who may write', async () => {
    const attempt = { email: ada.email, password };
    await expect(ask(Users.verifyPassword, attempt, acme)).rejects.toMatchObject({ code: 'service-unavailable' });
    const stolen = await ask(Users.verifyPassword, attempt, acme, { permissions: ['users:write'], messages: bus.auth });
    expect(stolen).toMatchObject({ status: 403 });
    expect(await ask(Users.create, ada, acme, { permissions: ['users:read'] })).toMatchObject({ status: 403 });
  });
});
