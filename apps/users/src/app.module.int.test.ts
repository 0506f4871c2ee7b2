import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream } from '@nats-io/jetstream';
import { Catch, type INestMicroservice, type RpcExceptionFilter } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  eventStream,
  UserEvents,
  type EventEnvelope,
  builtInRoles,
  Users,
  type Issuer,
  type Message,
  type ReplyOf,
  type RequestOf,
  type TenantPlace,
  type TenantState,
} from '@tenantry/contracts';
import {
  CommonConfig,
  ContextSigner,
  ContextVerifier,
  createLog,
  KitModule,
  MessageScope,
  MessageServer,
  Messages,
  Nats,
  NestLog,
  sealSecret,
  type KitProcess,
} from '@tenantry/service-kit';
import { createTenantDatabase, testServers, type TenantDatabase } from '@tenantry/testing';
import { AppModule } from './app.module.js';

const masterKey = randomBytes(32);
const log = createLog({ service: 'users', instance: 'test', level: 'warn' });
const opened: Nats[] = [];

async function connect(user: string): Promise<Nats> {
  const { natsUrl, natsPasswords } = testServers();
  const config = CommonConfig.parse({ NATS_URL: natsUrl, NATS_USER: user, NATS_PASSWORD: natsPasswords[user] });
  const nats = await Nats.open(config, `${user}-test`, log);
  opened.push(nats);
  return nats;
}

/** As the kit's own: errors reach the message server as they are. */
@Catch()
class Rethrow implements RpcExceptionFilter {
  catch(error: unknown): never {
    throw error;
  }
}

async function startUsers(): Promise<INestMicroservice> {
  const nats = await connect('users');
  const kit = { config: { MASTER_KEY: masterKey }, log, nats, messages: new Messages(nats, undefined) };
  const root = {
    module: class Root {},
    imports: [KitModule.of({ ...kit, signer: undefined } as unknown as KitProcess<unknown>), AppModule],
  };
  const options = { service: 'users', maxInFlight: 512, checkReplies: true, log };
  const server = new MessageServer(nats, new ContextVerifier(nats, 'users'), options);
  const service = await NestFactory.createMicroservice(root, { strategy: server, logger: new NestLog(log) });
  service.useGlobalFilters(new Rethrow());
  server.within(service.get(MessageScope, { strict: false }));
  await service.listen();
  return service;
}

const states = new Map<string, TenantState>();

/** A registry that knows the test's tenants. */
async function startRegistry(tenants: readonly TenantDatabase[]): Promise<Messages> {
  const nats = await connect('tenant-registry');
  nats.connection.subscribe('tenants.locate', {
    callback: (_, request) => {
      const { id } = request.json<{ id: string }>();
      const tenant = tenants.find(({ tenantId }) => tenantId === id)!;
      const { host, port, database, role } = tenant;
      const place: TenantPlace = {
        ...{ id, slug: 'test', name: 'Test', plan: 'standard', schemaVersion: 1, generation: 1 },
        ...{ host, port, database, role, state: states.get(id) ?? 'active' },
        password: sealSecret(tenant.password, masterKey, { owner: id, field: 'db_password' }),
        limits: { requestsPerMinute: 1000, maxConnections: 5 },
      };
      const headers = request.headers!;
      headers.set('Status', '200');
      request.respond(JSON.stringify(place), { headers });
    },
  });
  return asker(nats, 'tenant-registry');
}

const asker = async (nats: Nats, issuer: Issuer): Promise<Messages> =>
  new Messages(nats, await ContextSigner.start(nats, log, issuer));

let acme: TenantDatabase;
let globex: TenantDatabase;
let fresh: TenantDatabase;
let service: INestMicroservice;
let registry: Messages;
/** Asks as itself; and, with a person's context, what NATS does not let the gateway ask. */
let auth: Messages;
let gateway: Messages;
let gatewaySigner: ContextSigner;

beforeAll(async () => {
  [acme, globex, fresh] = await Promise.all([createTenantDatabase(), createTenantDatabase(), createTenantDatabase()]);
  states.set(fresh.tenantId, 'provisioning');
  registry = await startRegistry([acme, globex, fresh]);
  auth = await asker(await connect('auth'), 'auth');
  const edge = await connect('gateway');
  gatewaySigner = await ContextSigner.start(edge, log, 'gateway');
  gateway = new Messages(edge, gatewaySigner);
  service = await startUsers();
});
afterAll(async () => {
  await service.close();
  await Promise.all(opened.map((nats) => nats.close()));
  await Promise.all([acme, globex, fresh].map((tenant) => tenant.drop()));
});

/** Asks as a person, the way the gateway does. */
async function ask<M extends Message>(
  message: M,
  request: RequestOf<M>,
  { tenantId }: TenantDatabase,
  userId: string = randomUUID(),
  permissions: readonly string[] = builtInRoles['manager'] ?? [],
  messages = gateway,
) {
  const sub = `user:${userId}`;
  const context = await gatewaySigner.sign({ audience: 'users', sub, tenant: tenantId, session: null, permissions });
  const envelope = { tenantId, context, requestId: randomUUID(), deadlineAt: performance.now() + 5000 };
  const { status, body } = await messages.send(message, JSON.stringify(request), envelope);
  return { status, body: JSON.parse(Buffer.from(body).toString()) as ReplyOf<M> };
}

/** The first event under a subject that is the one looked for. */
async function nextEvent(subject: string, isIt: (event: EventEnvelope) => boolean): Promise<EventEnvelope> {
  const admin = await connect('admin');
  const consumer = await jetstream(admin.connection).consumers.get(eventStream, { filter_subjects: [subject] });
  for await (const message of await consumer.consume()) {
    const event = message.json<EventEnvelope>();
    if (isIt(event)) return event;
  }
  throw new Error('the events ended');
}

const password = 'anvil-orbit-walnut-9';
const ada = { email: ' Ada@Acme.test ', password, firstName: 'Ada', lastName: 'Lovelace' };

describe('the users service', () => {
  it('makes a user whose password auth can verify, and who can ask who they are', async () => {
    const made = await ask(Users.create, { ...ada, roles: ['viewer'] }, acme);
    expect(made).toMatchObject({ status: 201, body: { email: 'ada@acme.test', roles: ['viewer'] } });
    const tenantId = acme.tenantId;
    const known = await auth.ask(Users.verifyPassword, { email: 'ADA@acme.test', password }, { tenantId });
    expect(known).toEqual({ id: made.body.id, roles: ['viewer'], securityVersion: 1 });
    expect(await auth.ask(Users.sessionSubject, { id: known.id }, { tenantId })).toEqual(known);
    expect(await ask(Users.me, {}, acme, made.body.id, [])).toEqual({ status: 200, body: made.body });
  });

  it("keeps one tenant's people from another's", async () => {
    const { body } = await ask(Users.create, { ...ada, email: 'only@acme.test' }, acme);
    expect((await ask(Users.list, {}, globex)).body).toEqual({ data: [], nextCursor: null });
    expect(await ask(Users.me, {}, globex, body.id)).toMatchObject({ status: 404 });
    const elsewhere = auth.ask(
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
    const first = await registry.ask(Users.createFirstAdmin, ada, { tenantId });
    expect(await registry.ask(Users.createFirstAdmin, ada, { tenantId })).toEqual(first);
    const { rows } = await fresh.query('SELECT user_id AS id, name FROM user_roles JOIN roles ON roles.id = role_id');
    expect(rows).toEqual([{ id: first.id, name: 'admin' }]);
  });

  it('tells other services of each user it makes, without the password', async () => {
    const { body } = await ask(Users.create, { ...ada, email: 'told@acme.test' }, acme);
    const heard = await nextEvent(UserEvents.created.subject, ({ subject }) => subject === body.id);
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
    const stolen = await ask(Users.verifyPassword, attempt, acme, randomUUID(), ['users:write'], auth);
    expect(stolen).toMatchObject({ status: 403 });
    expect(await ask(Users.create, ada, acme, randomUUID(), ['users:read'])).toMatchObject({ status: 403 });
  });
});
