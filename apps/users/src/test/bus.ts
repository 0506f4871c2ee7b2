import { randomBytes, randomUUID } from 'node:crypto';
import type { INestMicroservice } from '@nestjs/common';
import {
  builtInRoles,
  type Issuer,
  type Message,
  type ReplyOf,
  type RequestOf,
  type TenantPlace,
  type TenantState,
} from '@tenantry/contracts';
import {
  anonymous,
  CommonConfig,
  ContextSigner,
  createLog,
  createService,
  Health,
  Messages,
  Nats,
  sealSecret,
  withRequest,
} from '@tenantry/service-kit';
import { TenantConnections } from '@tenantry/tenant-connection';
import { testServers, type TenantDatabase } from '@tenantry/testing';
import { AppModule } from '../app.module.js';

const masterKey = randomBytes(32);
const log = createLog({ service: 'users', instance: 'test', level: 'warn' });

/** Who asks: a manager nobody knows, unless said. */
interface Asking {
  readonly userId?: string;
  readonly permissions?: readonly string[];
  /** The gateway's, unless said. */
  readonly messages?: Messages;
}

/** The real users service on the real broker, in this process, and those who ask it. */
export interface Bus {
  readonly service: INestMicroservice;
  readonly auth: Messages;
  readonly gateway: Messages;
  readonly registry: Messages;
  /** A connection of one of the broker's users. */
  connect(user: string): Promise<Nats>;
  /** Asks as a person, the way the gateway does. */
  ask<M extends Message>(
    message: M,
    request: RequestOf<M>,
    tenant: TenantDatabase,
    asking?: Asking,
  ): Promise<{ status: number; body: ReplyOf<M> }>;
  /** A part of the service, each call of it as if in a message of the tenant. */
  inTenant<Part extends object>(tenant: TenantDatabase, type: abstract new (...given: never[]) => Part): Part;
  close(): Promise<void>;
}

const settingsOf = (user: string) => {
  const { natsUrl, natsPasswords } = testServers();
  return CommonConfig.parse({ NATS_URL: natsUrl, NATS_USER: user, NATS_PASSWORD: natsPasswords[user] });
};

/** What a registry says of a test's tenant. */
function placeOf({ tenantId: id, ...tenant }: TenantDatabase, state: TenantState): TenantPlace {
  const { host, port, database, role } = tenant;
  return {
    ...{ id, slug: 'test', name: 'Test', plan: 'standard', schemaVersion: 1, generation: 1 },
    ...{ host, port, database, role, state },
    password: sealSecret(tenant.password, masterKey, { owner: id, field: 'db_password' }),
    limits: { requestsPerMinute: 1000, maxConnections: 5 },
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

/**
 * @param tenants those that the registry of this test knows.
 * @param states of those that are not active.
 */
export async function startBus(
  tenants: readonly TenantDatabase[],
  states: Readonly<Record<string, TenantState>> = {},
): Promise<Bus> {
  const closing: (() => Promise<void>)[] = [];
  const connect = async (user: string): Promise<Nats> => {
    const nats = await Nats.open(settingsOf(user), `${user}-test`, log);
    closing.unshift(() => nats.close());
    return nats;
  };
  const issuerOn = async (nats: Nats, issuer: Issuer) => {
    const signer = await ContextSigner.start(nats, log, issuer);
    closing.unshift(async () => signer.stop());
    return { signer, messages: new Messages(nats, signer) };
  };

  const registryNats = await connect('tenant-registry');
  registryNats.connection.subscribe('tenants.locate', {
    callback: (_, request) => {
      const { id } = request.json<{ id: string }>();
      const tenant = tenants.find(({ tenantId }) => tenantId === id)!;
      const headers = request.headers!;
      headers.set('Status', '200');
      request.respond(JSON.stringify(placeOf(tenant, states[id] ?? 'active')), { headers });
    },
  });
  const registry = await issuerOn(registryNats, 'tenant-registry');
  const auth = await issuerOn(await connect('auth'), 'auth');
  const gateway = await issuerOn(await connect('gateway'), 'gateway');

  const nats = await connect('users');
  const config = { ...settingsOf('users'), NODE_ENV: 'test' as const, MASTER_KEY: masterKey, CONNECTION_BUDGET: 10 };
  const kit = {
    config,
    log,
    nats,
    messages: new Messages(nats, undefined),
    signer: undefined,
    health: new Health(),
    close: async () => undefined,
  };
  const service = await createService(kit, { name: 'users', module: AppModule });
  await service.listen();
  closing.unshift(() => service.close());

  return {
    ...{ service, connect },
    ...{ auth: auth.messages, gateway: gateway.messages, registry: registry.messages },
    ask: async (
      message,
      request,
      { tenantId },
      { userId = randomUUID(), permissions = builtInRoles['manager']!, messages = gateway.messages } = {},
    ) => {
      const statement = {
        audience: 'users',
        sub: `user:${userId}`,
        tenant: tenantId,
        session: null,
        permissions,
      } as const;
      const context = await gateway.signer.sign(statement);
      const envelope = { tenantId, context, requestId: randomUUID(), deadlineAt: performance.now() + 5000 };
      const { status, body } = await messages.send(message, JSON.stringify(request), envelope);
      const text = Buffer.from(body).toString();
      return { status, body: (text === '' ? null : JSON.parse(text)) as ReplyOf<typeof message> };
    },
    inTenant: (tenant, type) => inTenant(service, tenant, type),
    close: async () => {
      for (const close of closing) await close();
    },
  };
}
