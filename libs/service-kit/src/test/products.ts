import { randomInt, randomUUID } from 'node:crypto';
import { Controller, Module, type INestMicroservice, type Type } from '@nestjs/common';
import { message, Product, Products, type Message, type ParsedRequestOf, type ReplyOf } from '@tenantry/contracts';
import { z } from 'zod';
import { Answers } from '../answers.js';
import { createService } from '../boot.js';
import { Health } from '../health.js';
import { Metrics } from '../metrics.js';
import type { Log } from '../log.js';
import { MessageScope, MessageWitness, type ScopedMessage } from '../message-scope.js';
import { Messages } from '../nats/messages.js';
import type { Nats } from '../nats/nats.js';
import { wantedVersions } from '../entity-tag.js';
import type { Caller } from '../request-context.js';
import { natsAs, settingsOf, silent } from './broker.js';

/** Ten letters that no other test uses. */
export const ownWord = (): string => Array.from({ length: 10 }, () => String.fromCharCode(97 + randomInt(26))).join('');

/**
 * Messages of `products` under a word of their own, since tests run side by side on one broker and a queue group shares its work
 * with everyone in it.
 */
export function ownMessages(word = ownWord()) {
  const get = { ...Products.get, etag: false } as const;
  return {
    get: message(`products.${word}.get`, get),
    create: message(`products.${word}.create`, { ...Products.create, etag: false, keyed: false }),
    update: message(`products.${word}.update`, { ...Products.update }),
    delete: message(`products.${word}.delete`, { ...Products.delete, ifMatch: false }),
    mine: message(`products.${word}.mine`, { ...get, needs: 'authenticated' }),
    open: message(`products.${word}.open`, { ...get, needs: 'public', tenant: null }),
    platform: message(`products.${word}.platform`, { ...get, needs: 'audit:read', tenant: null }),
    inner: message(`products.${word}.inner`, { ...get, needs: 'system:auth' }),
    plain: message(`products.${word}.plain`, {
      request: z.strictObject({ text: z.string().default('') }),
      reply: z.strictObject({ text: z.string() }),
      needs: 'service',
      tenant: null,
    }),
  };
}
export type OwnMessages = ReturnType<typeof ownMessages>;

export const product = (id: string = randomUUID()): Product => ({
  id,
  name: 'Chair',
  description: null,
  price: '12.50',
  stockQuantity: 1,
  active: true,
  managedBy: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
});

type Work<M extends Message> = (request: ParsedRequestOf<M>, caller: Caller) => Promise<ReplyOf<M>> | ReplyOf<M>;

/** What the service under test does with each message; the product asked for, unless said. */
export interface Behaviour {
  get: Work<typeof Products.get>;
  create: Work<typeof Products.create>;
  plain: Work<OwnMessages['plain']>;
}

/** What was asked, answered at once. */
export const echoing = (): Behaviour => ({
  get: ({ id }) => product(id),
  create: ({ name }) => ({ ...product(), name }),
  plain: ({ text }) => ({ text }),
});

/** A scope that keeps what ran inside it. */
export class KeptScope extends MessageScope {
  readonly entered: ScopedMessage[] = [];

  override run<Result>(scoped: ScopedMessage, work: () => Promise<Result>): Promise<Result> {
    this.entered.push(scoped);
    return work();
  }
}

/** A witness that keeps what it saw. */
export class KeptWitness extends MessageWitness {
  readonly seen: { subject: string; request: unknown }[] = [];

  override around<Result>({ subject }: Message, request: unknown, work: () => Promise<Result>): Promise<Result> {
    this.seen.push({ subject, request });
    return work();
  }
}

export function productsModule(
  messages: OwnMessages,
  behaviour: Behaviour,
  scope: MessageScope,
  witness: MessageWitness = new KeptWitness(),
): Type {
  @Controller()
  class ProductsController {
    @Answers(messages.get)
    get(request: { id: string }, caller: Caller): Product | Promise<Product> {
      return behaviour.get(request, caller);
    }
    @Answers(messages.mine)
    mine(request: { id: string }, caller: Caller): Product | Promise<Product> {
      return behaviour.get(request, caller);
    }
    @Answers(messages.open)
    open(request: { id: string }, caller: Caller): Product | Promise<Product> {
      return behaviour.get(request, caller);
    }
    @Answers(messages.platform)
    platform(request: { id: string }, caller: Caller): Product | Promise<Product> {
      return behaviour.get(request, caller);
    }
    @Answers(messages.inner)
    inner(request: { id: string }, caller: Caller): Product | Promise<Product> {
      return behaviour.get(request, caller);
    }
    @Answers(messages.create)
    create(request: ParsedRequestOf<typeof Products.create>, caller: Caller): Product | Promise<Product> {
      return behaviour.create(request, caller);
    }
    @Answers(messages.update)
    update({ id }: { id: string }): Product & { version: number } {
      return { ...product(id), version: 1 + Math.max(0, ...(wantedVersions(id) ?? [])) };
    }
    @Answers(messages.delete)
    delete(): null {
      return null;
    }
    @Answers(messages.plain)
    plain(request: { text: string }, caller: Caller): { text: string } | Promise<{ text: string }> {
      return behaviour.plain(request, caller);
    }
  }
  @Module({
    controllers: [ProductsController],
    providers: [
      { provide: MessageScope, useValue: scope },
      { provide: MessageWitness, useValue: witness },
    ],
    exports: [MessageScope, MessageWitness],
  })
  class ProductsModule {}
  return ProductsModule;
}

interface ServiceUnderTest {
  readonly messages: OwnMessages;
  readonly behaviour: Behaviour;
  readonly scope: KeptScope;
  readonly witness: KeptWitness;
  readonly nats: Nats;
  readonly app: INestMicroservice;
  close(): Promise<void>;
}

/** The kit's own wiring around a real Nest controller, in this process. */
export async function startProducts(
  options: { maxInFlight?: number; checkReplies?: boolean; log?: Log; url?: string; messages?: OwnMessages } = {},
): Promise<ServiceUnderTest> {
  const { maxInFlight = 512, checkReplies = true, log = silent, url, messages = ownMessages() } = options;
  const nats = await natsAs('products', url);
  const behaviour = echoing();
  const scope = new KeptScope();
  const witness = new KeptWitness();
  const config = { ...settingsOf('products', url), MAX_IN_FLIGHT: maxInFlight, CHECK_REPLIES: checkReplies };
  const kit = {
    config,
    log,
    nats,
    messages: new Messages(nats, undefined),
    signer: undefined,
    health: new Health(),
    metrics: new Metrics('products'),
    close: () => nats.close(),
  };
  const app = await createService(kit, {
    name: 'products',
    module: productsModule(messages, behaviour, scope, witness),
  });
  await app.listen();
  return {
    messages,
    behaviour,
    scope,
    witness,
    nats,
    app,
    close: async () => {
      await app.close();
      await nats.close();
    },
  };
}
