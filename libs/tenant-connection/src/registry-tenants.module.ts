import {
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Surveys, Tenants, type ServiceName } from '@tenantry/contracts';
import {
  answerSurvey,
  CONFIG,
  LOG,
  masterKey,
  masterKeysOf,
  Messages,
  Metrics,
  Nats,
  Notices,
  TenantFollower,
  wholeNumber,
  type Log,
} from '@tenantry/service-kit';
import { z } from 'zod';
import { TenantConnections } from './connections.js';
import { watchPools } from './pool-metrics.js';
import { TenantConnectionModule } from './tenant-connection.module.js';

/** What a service must be told to open its tenants' databases; part of its own settings. */
export const TenantsConfig = z.object({
  /** Opens the sealed passwords of tenant databases. */
  MASTER_KEY: masterKey,
  /** The one before, while the registry wraps anew what it has wrapped. */
  MASTER_KEY_PREVIOUS: masterKey.optional(),
  /** Cursors of lists are authenticated with it; with `MASTER_KEY` unless it is set, so that a new one of that refuses them. */
  CURSOR_KEY: masterKey.optional(),
  /** Connections of this process to one database cluster. */
  CONNECTION_BUDGET: wholeNumber(1, 10_000).default(100),
});
export type TenantsConfig = z.output<typeof TenantsConfig>;

/** Learns from the registry what has changed, so that no instance goes on with what it knew; tells operators what it has open. */
@Injectable()
class RegistryNotices implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly follower: TenantFollower;

  constructor(
    @Inject(Nats) private readonly nats: Nats,
    @Inject(Notices) notices: Notices,
    @Inject(Messages) messages: Messages,
    @Inject(LOG) private readonly log: Log,
    @Inject(TenantConnections) private readonly connections: TenantConnections,
  ) {
    this.follower = new TenantFollower(notices, messages, log, {
      changed: (notice) => connections.notice(notice),
      doubt: () => connections.doubt(),
    });
  }

  onApplicationBootstrap(): void {
    this.follower.start();
    const { instance } = this.nats;
    answerSurvey(this.nats, this.log, Surveys.pools, () => {
      return { instance, at: new Date().toISOString(), ...this.connections.pools() };
    });
  }

  onModuleDestroy(): void {
    this.follower.stop();
  }
}

@Injectable()
class PoolMetrics {
  constructor(@Inject(Metrics) metrics: Metrics, @Inject(TenantConnections) connections: TenantConnections) {
    watchPools(metrics, () => connections.pools());
  }
}

/** What a service says of itself. */
interface TenantsChoices {
  /** The oldest version of tenants' schema that it can serve; see `TenantConnectionModule`. */
  readonly oldestSchema: number;
}

/** The tenants of a service of Tenantry: those of the registry, found and followed over NATS. */
@Module({})
export class RegistryTenantsModule {
  static of(service: ServiceName, { oldestSchema }: TenantsChoices): DynamicModule {
    return {
      module: RegistryTenantsModule,
      imports: [
        TenantConnectionModule.forRootAsync({
          inject: [CONFIG, Messages, LOG],
          useFactory: (config: TenantsConfig, messages: Messages, log: Log) => ({
            service,
            oldestSchema,
            source: { load: (id) => messages.ask(Tenants.locate, { id }, { tenantId: id }) },
            masterKey: masterKeysOf(config),
            settings: { budget: config.CONNECTION_BUDGET },
            log,
          }),
        }),
      ],
      providers: [RegistryNotices, PoolMetrics],
    };
  }
}
