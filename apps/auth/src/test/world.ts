import { randomUUID } from 'node:crypto';
import type { INestMicroservice } from '@nestjs/common';
import { type Message, type Problem, type ReplyOf, type RequestOf, Tenants, Users } from '@tenantry/contracts';
import { type ContextSigner, type Messages, type Nats } from '@tenantry/service-kit';
import { createTenantDatabase, type TenantDatabase } from '@tenantry/testing';
import { connect, disconnectAll, issuer, standIn } from './bus.js';
import { createCentralDatabase, type CentralDatabase } from './central-database.js';
import { startAuth } from './service.js';
import { addUser, masterKey, placeOf } from './tenant.js';

export const password = 'anvil-orbit-walnut-9';

/** Who asks, as the gateway states it. */
interface Asker {
  readonly tenantId?: string;
  readonly userId?: string;
  readonly session?: string;
  /** How long ago the request reached the gateway. */
  readonly arrivedMsAgo?: number;
}

interface Answer<Body> {
  readonly status: number;
  readonly body: Body & Partial<Problem>;
}

/** The real auth over a real broker and two tenants' databases; the registry and users are stood in for. */
export class World {
  /** What users would say of the one user there is. */
  subject: { roles: string[]; securityVersion: number } | 'invalid-credentials' = {
    roles: ['viewer'],
    securityVersion: 1,
  };

  private constructor(
    readonly acme: TenantDatabase,
    readonly globex: TenantDatabase,
    readonly central: CentralDatabase,
    readonly userId: string,
    readonly gateway: { nats: Nats; signer: ContextSigner; messages: Messages },
    readonly users: { signer: ContextSigner; messages: Messages },
    private service: INestMicroservice,
  ) {}

  static async start(): Promise<World> {
    const [acme, globex, central] = await Promise.all([
      createTenantDatabase(),
      createTenantDatabase(),
      createCentralDatabase(),
    ]);
    // Auth is told of what happened in other tenants, too: the stream of events is older than this world.
    standIn(await connect('tenant-registry'), Tenants.locate, async ({ id }) => {
      const found = [acme, globex].find(({ tenantId }) => tenantId === id);
      return found ? placeOf(found) : { problem: 'tenant-not-found' };
    });
    const nats = await connect('gateway');
    const usersNats = await connect('users');
    const world = new World(
      ...([acme, globex, central, await addUser(acme)] as const),
      { nats, ...(await issuer(nats, 'gateway')) },
      await issuer(usersNats, 'users'),
      await start(central),
    );
    const subject = () =>
      world.subject === 'invalid-credentials' ? { problem: world.subject } : { id: world.userId, ...world.subject };
    standIn(usersNats, Users.verifyPassword, (given) =>
      given.password === password ? subject() : { problem: 'invalid-credentials' },
    );
    standIn(usersNats, Users.sessionSubject, subject);
    await usersNats.flush();
    return world;
  }

  /** Asks as the gateway does for this person, or for nobody. */
  async ask<M extends Message>(message: M, request: RequestOf<M>, asker: Asker = {}): Promise<Answer<ReplyOf<M>>> {
    const { tenantId = this.acme.tenantId, userId, session = null, arrivedMsAgo = 0 } = asker;
    const context = await this.gateway.signer.sign({
      ...{ audience: 'auth', tenant: tenantId, session, permissions: [] },
      sub: userId ? `user:${userId}` : 'anonymous',
    });
    const envelope = {
      ...{ tenantId, context, requestId: randomUUID(), client: { address: '192.0.2.7', agent: 'curl/8' } },
      deadlineAt: performance.now() + 5000 - arrivedMsAgo,
    };
    const { status, body } = await this.gateway.messages.send(message, JSON.stringify(request), envelope);
    const text = Buffer.from(body).toString();
    return { status, body: (text ? JSON.parse(text) : null) as Answer<ReplyOf<M>>['body'] };
  }

  /** Ends auth as a new version of it would, and starts it again. */
  async restart(): Promise<void> {
    await this.service.close();
    this.service = await start(this.central);
  }

  async stop(): Promise<void> {
    await this.service.close();
    await disconnectAll();
    await Promise.all([this.acme.drop(), this.globex.drop(), this.central.drop()]);
  }
}

const start = (central: CentralDatabase) =>
  startAuth({
    MASTER_KEY: masterKey,
    CONNECTION_BUDGET: 10,
    AUTH_DATABASE_URL: central.url,
    SIGNING_KEY_DAYS: 30,
    AUDIT_DAYS: 365,
  });
