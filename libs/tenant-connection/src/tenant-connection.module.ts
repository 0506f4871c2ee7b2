import { type DynamicModule, Logger, Module, type ModuleMetadata } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { type MasterKeys, MessageScope, openSecret } from '@tenantry/service-kit';
import type { MixedList } from 'typeorm';
import type { Reports } from './clusters.js';
import { TenantConnections } from './connections.js';
import { openDataSource } from './data-source.js';
import type { DirectorySource } from './directory.js';
import { TenantMessageScope } from './message-scope.js';
import type { ConnectionSettings } from './settings.js';

type EntityClass = abstract new () => unknown;

/** What a service says of itself. */
interface ModuleChoices {
  /** Part of `application_name`, so that a database's connections tell whose they are. */
  readonly service: string;
  /**
   * The oldest version of tenants' schema (`libs/tenant-schema`) that the service can serve. A tenant whose database is older is
   * refused, it alone, as `tenant-maintenance`, from the registry's word that it is until its word of the migration.
   */
  readonly oldestSchema: number;
  /** Besides those named by `TypeOrmModule.forFeature`. */
  readonly entities?: readonly EntityClass[];
  readonly settings?: Partial<ConnectionSettings>;
  readonly source: DirectorySource;
  /** 32 bytes, or several such keys: open the sealed passwords of the directory's places. */
  readonly masterKey: MasterKeys;
  /** Nest's logger unless given. */
  readonly log?: Reports;
}

interface AsyncChoices<Injected extends unknown[]> extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: DynamicModule['exports'] & unknown[];
  readonly useFactory: (...injected: Injected) => ModuleChoices | Promise<ModuleChoices>;
}

const CHOICES = Symbol('TenantConnectionModule choices');
const field = 'db_password';

const nestLog = (): Reports => {
  const logger = new Logger('TenantConnections');
  return {
    warn: (fields, text) => logger.warn({ ...fields, text }),
    error: (fields, text) => logger.error({ ...fields, text }),
  };
};

@Module({})
class TenantConnectionCore {}

/**
 * Gives a service its tenants' databases: stock `TypeOrmModule.forFeature` and `@InjectRepository`, {@link TenantConnections}, and the
 * service kit's `MessageScope`. Global.
 */
@Module({})
export class TenantConnectionModule {
  static forRootAsync<Injected extends unknown[]>(choices: AsyncChoices<Injected>): DynamicModule {
    const core: DynamicModule = {
      module: TenantConnectionCore,
      global: true,
      imports: choices.imports ?? [],
      providers: [
        {
          provide: CHOICES,
          useFactory: choices.useFactory as (...injected: unknown[]) => unknown,
          inject: (choices.inject ?? []) as never[],
        },
        {
          provide: TenantConnections,
          inject: [CHOICES],
          useFactory: ({ service, oldestSchema, settings, source, masterKey, log }: ModuleChoices) =>
            new TenantConnections({
              service,
              oldestSchema,
              source,
              settings: settings ?? {},
              open: ({ id, password }) => openSecret(password, masterKey, { owner: id, field }),
              reports: log ?? nestLog(),
            }),
        },
        TenantMessageScope,
        { provide: MessageScope, useExisting: TenantMessageScope },
      ],
      exports: [CHOICES, TenantConnections, MessageScope],
    };
    let connections: TenantConnections;
    return {
      module: TenantConnectionModule,
      global: true,
      imports: [
        core,
        TypeOrmModule.forRootAsync({
          imports: [core],
          inject: [TenantConnections, CHOICES],
          useFactory: (provided: TenantConnections, { entities }: ModuleChoices) => {
            connections = provided;
            return { type: 'postgres', autoLoadEntities: true, entities: [...(entities ?? [])] };
          },
          dataSourceFactory: (options) =>
            openDataSource(connections, (options?.entities ?? []) as MixedList<EntityClass>),
        }),
      ],
    };
  }
}
