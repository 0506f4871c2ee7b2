import 'reflect-metadata';
import {
  Catch,
  Module,
  type DynamicModule,
  type INestMicroservice,
  type RpcExceptionFilter,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { ServiceName } from '@tenantry/contracts';
import type { z } from 'zod';
import { ContextVerifier } from './context/verifier.js';
import { ContextSigner } from './context/signer.js';
import { Health } from './health.js';
import { KeyedWork } from './keyed-work.js';
import { LOG, NestLog } from './log.js';
import { MessageScope, MessageWitness } from './message-scope.js';
import { Metrics } from './metrics.js';
import { MessageServer } from './nats/message-server.js';
import { Messages } from './nats/messages.js';
import { Nats } from './nats/nats.js';
import { Notices } from './nats/notices.js';
import { watchMessages } from './nats/watch.js';
import { leaveOnSignal, startProcess, type KitProcess } from './process.js';

/** Where a service's settings are found in the container. */
export const CONFIG = Symbol('Config');

const SCOPE = Symbol('MessageScope, where there is one');
const WITNESS = Symbol('MessageWitness, where there is one');
const KEYED = Symbol('KeyedWork, where there is some');

/** Nest's own filter would turn errors into packets of its form: they go to the message server as they are. */
@Catch()
class Rethrow implements RpcExceptionFilter {
  catch(error: unknown): never {
    throw error;
  }
}

/** What every service can inject: {@link CONFIG}, {@link LOG}, {@link Messages}, {@link Notices}, {@link Nats}, {@link Health}, {@link Metrics} and, for issuers, {@link ContextSigner}. */
@Module({})
export class KitModule {
  static of(kit: KitProcess<unknown>): DynamicModule {
    const provided = [
      { provide: CONFIG, useValue: kit.config },
      { provide: LOG, useValue: kit.log },
      { provide: Nats, useValue: kit.nats },
      { provide: Messages, useValue: kit.messages },
      { provide: Notices, useValue: new Notices(kit.nats, kit.log, kit.signer) },
      { provide: Health, useValue: kit.health },
      { provide: Metrics, useValue: kit.metrics },
      ...(kit.signer ? [{ provide: ContextSigner, useValue: kit.signer }] : []),
    ];
    return { module: KitModule, global: true, providers: provided, exports: provided.map(({ provide }) => provide) };
  }
}

interface Service<Schema extends z.ZodObject> {
  readonly name: ServiceName;
  readonly module: Type;
  /** Its own settings; those of every process are added. */
  readonly config: Schema;
  /** What it waits for before anything of its module is made. Meanwhile it lives and is not ready. */
  readonly awaits?: (kit: KitProcess<z.output<Schema>>) => Promise<void>;
}

/**
 * Boots a service: settings, broker, its module, its messages, probes, and a tidy end. Resolves once the service takes work.
 */
export async function boot<Schema extends z.ZodObject>(service: Service<Schema>): Promise<void> {
  const kit = await startProcess(service.name, service.config);
  try {
    await service.awaits?.(kit);
    const app = await createService(kit, service);
    leaveOnSignal(kit, async () => {
      await app.close();
      await kit.close();
    });
    await app.listen();
  } catch (err) {
    kit.log.fatal({ err }, 'could not start');
    process.exit(1);
  }
  kit.health.ready = true;
  kit.log.info('ready');
}

/** A service with its messages wired to the broker, not listening yet. */
export async function createService(
  kit: KitProcess<unknown>,
  { name, module }: Pick<Service<z.ZodObject>, 'name' | 'module'>,
): Promise<INestMicroservice> {
  const { config, log, metrics, nats } = kit;
  const server = new MessageServer(nats, new ContextVerifier(nats, name), {
    service: name,
    maxInFlight: config.MAX_IN_FLIGHT,
    checkReplies: config.CHECK_REPLIES ?? config.NODE_ENV !== 'production',
    log,
    answered: watchMessages(metrics, log),
  });
  const inHand = metrics.gauge('tenantry_messages_in_hand', 'Messages being worked on.');
  const inHandLimit = metrics.gauge(
    'tenantry_messages_in_hand_limit',
    'Above this, messages are answered `overloaded`.',
  );
  metrics.onScrape(() => {
    inHand.set(server.inFlight);
    inHandLimit.set(config.MAX_IN_FLIGHT);
  });
  const root: DynamicModule = {
    module: class Root {},
    imports: [KitModule.of(kit), module],
    // The registry works outside tenants and has none; the message server refuses to start where one is missing and needed.
    providers: [
      {
        provide: SCOPE,
        inject: [{ token: MessageScope, optional: true }],
        useFactory: (scope?: MessageScope) => scope ?? null,
      },
      {
        provide: WITNESS,
        inject: [{ token: MessageWitness, optional: true }],
        useFactory: (witness?: MessageWitness) => witness ?? null,
      },
      {
        provide: KEYED,
        inject: [{ token: KeyedWork, optional: true }],
        useFactory: (keyed?: KeyedWork) => keyed ?? null,
      },
    ],
  };
  const app = await NestFactory.createMicroservice(root, {
    strategy: server,
    logger: new NestLog(log),
    abortOnError: false,
  });
  app.useGlobalFilters(new Rethrow());
  server.within(app.get<MessageScope | null>(SCOPE) ?? undefined, app.get<KeyedWork | null>(KEYED) ?? undefined);
  server.watchedBy(app.get<MessageWitness | null>(WITNESS) ?? undefined);
  return app;
}
