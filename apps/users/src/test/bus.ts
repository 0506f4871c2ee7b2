import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream } from '@nats-io/jetstream';
import type { Msg } from '@nats-io/transport-node';
import type { INestMicroservice } from '@nestjs/common';
import {
  type AccessChange,
  Auth,
  builtInRoles,
  type EventEnvelope,
  eventStream,
  type Issuer,
  type Message,
  type ReplyOf,
  type RequestOf,
  type TenantPlace,
  type TenantState,
} from '@tenantry/contracts';
import {
  anonymous,
  type Client,
  CommonConfig,
  ContextSigner,
  createLog,
  createService,
  Health,
  Messages,
  Metrics,
  Nats,
  sealSecret,
  withRequest,
} from '@tenantry/service-kit';
import { StreamMaker } from '@tenantry/outbox';
import { TenantConnections } from '@tenantry/tenant-connection';
import { schemaVersion } from '@tenantry/tenant-schema';
import { testServers, type TenantDatabase } from '@tenantry/testing';
import { AppModule } from '../app.module.js';

/** One for the run: test files side by side share a broker, so that one's message may be answered by another's service. */
const masterKey = createHash('sha256').update(testServers().postgresUrl).digest();
const log = createLog({ service: 'users', instance: 'test', level: 'warn' });

/** Waits for what happens soon. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('it did not happen within 5 s');
    await sleep(10);
  }
}

/** Who asks: a manager nobody knows, unless said. */
interface Asking {
  /** Null for somebody not known yet. */
  readonly userId?: string | null;
  readonly permissions?: readonly string[];
  readonly session?: string;
  readonly client?: Client;
  /** `*`, unless said. */
  readonly ifMatch?: string;
  /** The gateway's, unless said. */
  readonly messages?: Messages;
}

/** The real users service on the real broker, in this process, and those who ask it. */
export interface Bus {
  readonly service: INestMicroservice;
  readonly auth: Messages;
  readonly gateway: Messages;
  readonly registry: Messages;
  /** What auth was told at once. */
  readonly revoked: readonly AccessChange[];
  /** Where mails are written to. */
  readonly mailFolder: string;
  /** A connection of one of the broker's users. */
  connect(user: string): Promise<Nats>;
  /** Asks as a person, the way the gateway does; outside every tenant where it is null. */
  ask<M extends Message>(
    message: M,
    request: RequestOf<M>,
    tenant: TenantDatabase | null,
    asking?: Asking,
  ): Promise<{ status: number; body: ReplyOf<M>; etag: string | undefined }>;
  /** The first event under a subject that is the one looked for. */
  nextEvent(subject: string, isIt: (event: EventEnvelope) => boolean): Promise<EventEnvelope>;
  /** A part of the service, each call of it as if in a message of the tenant. */
  inTenant<Part extends object>(tenant: TenantDatabase, type: abstract new (...given: never[]) => Part): Part;
  close(): Promise<void>;
}

const settingsOf = (user: string) => {
  const { natsUrl, natsPasswords } = testServers();
  return CommonConfig.parse({ NATS_URL: natsUrl, NATS_USER: user, NATS_PASSWORD: natsPasswords[user] });
};

/** What a registry says of a test's tenant. */
async function placeOf({ tenantId: id, ...tenant }: TenantDatabase, state: TenantState): Promise<TenantPlace> {
  const { host, port, database, role } = tenant;
  return {
    ...{ id, slug: 'test', name: 'Test', plan: 'standard', schemaVersion, generation: 1 },
    ...{ host, port, database, role, state },
    password: await sealSecret(tenant.password, masterKey, { owner: id, field: 'db_password' }),
    limits: { requestsPerMinute: 1000, maxConnections: 5, maxDatabaseBytes: 1e9, maxUsers: 100 },
    signUp: false,
  };
}

function inTenant<Part extends object>(
  service: INestMicroservice,
  { tenantId }: TenantDatabase,
  type: abstract new (...given: never[]) => Part,
): Part {
  const part = service.get<Part>(type);
  const connections = service.get(TenantConnections);
  return new Proxy(part, {
    get:
      (_, name) =>
      (...given: unknown[]) => {
        const deadlineAt = performance.now() + 5000;
        const request = {
          requestId: randomUUID(),
          traceparent: undefined,
          caller: { ...anonymous, tenantId },
          deadlineAt,
        };
        const method = part[name as keyof Part] as (...given: unknown[]) => Promise<unknown>;
        return withRequest(request, () => connections.runInTenant(tenantId, () => method.apply(part, given)));
      },
  });
}

/** The first event under a subject that is the one looked for. */
async function nextEvent(
  admin: Nats,
  subject: string,
  isIt: (event: EventEnvelope) => boolean,
): Promise<EventEnvelope> {
  const consumer = await jetstream(admin.connection).consumers.get(eventStream, { filter_subjects: [subject] });
  for await (const message of await consumer.consume()) {
    const event = message.json<EventEnvelope>();
    if (isIt(event)) return event;
  }
  throw new Error('the events ended');
}

/**
 * @param tenants those that the registry of this test knows.
 * @param states of those that are not active.
 * @param terms what else is said of them.
 */
export async function startBus(
  tenants: readonly TenantDatabase[],
  states: Readonly<Record<string, TenantState>> = {},
  terms: Readonly<Record<string, Partial<TenantPlace>>> = {},
): Promise<Bus> {
  const closing: (() => Promise<void>)[] = [];
  const connect = async (user: string): Promise<Nats> => {
    const nats = await Nats.open(settingsOf(user), `${user}-test`, log);
    closing.unshift(() => nats.close());
    return nats;
  };
  const issuerOn = async (nats: Nats, issuer: Issuer) => {
    const signer = await ContextSigner.start(nats, log, issuer);
    return { signer, messages: new Messages(nats, signer) };
  };

  const registryNats = await connect('tenant-registry');
  await new StreamMaker(registryNats, log).look();
  const locate = async (request: Msg): Promise<void> => {
    const { id } = request.json<{ id: string }>();
    const tenant = tenants.find(({ tenantId }) => tenantId === id);
    if (!tenant) return;
    const place = { ...(await placeOf(tenant, states[id] ?? 'active')), ...terms[id] };
    const headers = request.headers!;
    headers.set('Status', '200');
    request.respond(JSON.stringify(place), { headers });
  };
  registryNats.connection.subscribe('tenants.locate', { callback: (_, request) => void locate(request) });
  const registry = await issuerOn(registryNats, 'tenant-registry');
  const authNats = await connect('auth');
  const auth = await issuerOn(authNats, 'auth');
  const gateway = await issuerOn(await connect('gateway'), 'gateway');

  const revoked: AccessChange[] = [];
  authNats.connection.subscribe(Auth.revoke.subject, {
    callback: (_, request) => {
      const headers = request.headers!;
      if (!tenants.some(({ tenantId }) => tenantId === headers.get('Tenant-Id'))) return;
      revoked.push(request.json<RequestOf<typeof Auth.revoke>>().change);
      headers.set('Status', '204');
      request.respond('', { headers });
    },
  });

  const mailFolder = await mkdtemp(join(tmpdir(), 'tenantry-mails-'));
  closing.unshift(() => rm(mailFolder, { recursive: true }));
  const nats = await connect('users');
  const users = await issuerOn(nats, 'users');
  const config = {
    ...settingsOf('users'),
    NODE_ENV: 'test' as const,
    MASTER_KEY: masterKey,
    CONNECTION_BUDGET: 10,
    AUDIT_DAYS: 365,
    MAIL_FOLDER: mailFolder,
    MAIL_FROM: 'tests@localhost',
  };
  const kit = {
    config,
    log,
    nats,
    ...users,
    health: new Health(),
    metrics: new Metrics('users'),
    close: async () => undefined,
  };
  const service = await createService(kit, { name: 'users', module: AppModule });
  await service.listen();
  closing.unshift(() => service.close());

  return {
    ...{ service, connect, revoked, mailFolder },
    ...{ auth: auth.messages, gateway: gateway.messages, registry: registry.messages },
    ask: async (
      message,
      request,
      tenant,
      {
        userId = randomUUID(),
        permissions = builtInRoles['manager']!,
        ifMatch = '*',
        session = null,
        client,
        messages = gateway.messages,
      } = {},
    ) => {
      const tenantId = tenant?.tenantId ?? null;
      const statement = {
        audience: 'users',
        sub: userId === null ? 'anonymous' : `user:${userId}`,
        tenant: tenantId,
        session,
        permissions,
      } as const;
      const context = await gateway.signer.sign(statement);
      const envelope = {
        tenantId: tenantId ?? undefined,
        context,
        requestId: randomUUID(),
        deadlineAt: performance.now() + 5000,
        ifMatch,
        client,
      };
      const { status, body, etag } = await messages.send(message, JSON.stringify(request), envelope);
      const text = Buffer.from(body).toString();
      return { status, etag, body: (text === '' ? null : JSON.parse(text)) as ReplyOf<typeof message> };
    },
    nextEvent: async (subject, isIt) => nextEvent(await connect('admin'), subject, isIt),
    inTenant: (tenant, type) => inTenant(service, tenant, type),
    close: async () => {
      for (const close of closing) await close();
    },
  };
}
