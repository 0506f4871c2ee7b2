import {
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type InjectionToken,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { ServiceName } from '@tenantry/contracts';
import { CONFIG, KeyedWork, LOG, Nats, type Log } from '@tenantry/service-kit';
import { defaultConsumerSettings, EventConsumer } from './event-consumer.js';
import { eventHeardBy } from './hears.js';
import { Inbox } from './inbox.js';
import { KeyedWrites } from './keyed-writes.js';
import { Outbox } from './outbox.js';
import { PostOffice } from './post-office.js';
import { centralStore, tenantStore, type CentralDatabase, type Store, type TenantDatabases } from './store.js';
import { WaitingEvents } from './waiting-events.js';

/** A class whose instances are `Shape`, as a token of the container. */
type ClassOf<Shape> = abstract new (...parts: never[]) => Shape;
type Method = (...given: unknown[]) => Promise<void> | void;

/** Of the settings of a service: hashes are made under the present key, and known again under the one before. */
interface HashSecrets {
  readonly MASTER_KEY: Buffer;
  readonly MASTER_KEY_PREVIOUS?: Buffer | undefined;
}

const STORE = Symbol('where the outbox lies');

/**
 * Gives a service its {@link Outbox}, and calls its `@Hears` methods. Starts after everything else has, and leaves before the databases
 * are closed.
 */
@Module({ imports: [DiscoveryModule] })
export class OutboxModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly consumer: EventConsumer;

  constructor(
    @Inject(PostOffice) private readonly postOffice: PostOffice,
    @Inject(STORE) private readonly store: Store,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(LOG) log: Log,
  ) {
    const { streams } = postOffice;
    const waiting = store.isCentral ? undefined : new WaitingEvents(streams, store, log);
    this.consumer = new EventConsumer(streams, log, defaultConsumerSettings, waiting);
  }

  /** An outbox in each tenant's database, and beside it what was done under idempotency keys. `tenants` is the class of the service's connections to them;
   * its settings have the master key. */
  static forTenants(service: ServiceName, tenants: ClassOf<TenantDatabases>): DynamicModule {
    const { providers = [], exports = [], ...module } = of(service, tenants, tenantStore);
    const keyedWork = {
      provide: KeyedWork,
      inject: [tenants as InjectionToken, Outbox, CONFIG],
      useFactory: (databases: TenantDatabases, outbox: Outbox, { MASTER_KEY, MASTER_KEY_PREVIOUS }: HashSecrets) =>
        new KeyedWrites(databases, outbox, [MASTER_KEY, ...(MASTER_KEY_PREVIOUS ? [MASTER_KEY_PREVIOUS] : [])]),
    };
    return { ...module, providers: [...providers, keyedWork], exports: [...exports, KeyedWork] };
  }

  /** One outbox, in the service's own database. `database` is the class of its DataSource. */
  static forCentral(service: ServiceName, database: ClassOf<CentralDatabase>): DynamicModule {
    return of(service, database, centralStore);
  }

  onApplicationBootstrap(): void {
    const { outbox, streams } = this.postOffice;
    const inbox = new Inbox(this.store, outbox, streams.service);
    for (const { instance, method } of this.methods()) {
      const event = eventHeardBy(method);
      if (event) this.consumer.on(event, inbox.hearer(event, method.bind(instance)));
    }
    this.postOffice.start();
    this.consumer.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.consumer.close();
    await this.postOffice.close();
  }

  private *methods(): Generator<{ instance: object; method: Method }> {
    const scanner = new MetadataScanner();
    for (const wrapper of [...this.discovery.getControllers(), ...this.discovery.getProviders()]) {
      const instance = wrapper.instance as Record<string, Method> | null | undefined;
      if (!instance || typeof instance !== 'object') continue;
      const prototype = Object.getPrototypeOf(instance) as object | null;
      for (const name of prototype ? scanner.getAllMethodNames(prototype) : []) {
        const method = instance[name];
        if (typeof method === 'function') yield { instance, method };
      }
    }
  }
}

function of<Database>(
  service: ServiceName,
  database: ClassOf<Database>,
  storeOf: (database: Database) => Store,
): DynamicModule {
  return {
    module: OutboxModule,
    global: true,
    providers: [
      { provide: STORE, inject: [database as InjectionToken], useFactory: storeOf },
      {
        provide: PostOffice,
        inject: [STORE, Nats, LOG],
        useFactory: (store: Store, nats: Nats, log: Log) => new PostOffice({ service, store, nats, log }),
      },
      { provide: Outbox, inject: [PostOffice], useFactory: ({ outbox }: PostOffice) => outbox },
    ],
    exports: [Outbox],
  };
}
