import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { OutboxModule } from '@tenantry/outbox';
import { CONFIG, MessageWitness } from '@tenantry/service-kit';
import { DataSource } from 'typeorm';
import { AuditController } from './audit/audit.controller.js';
import { AuditRepository } from './audit/audit.repository.js';
import { AuditService } from './audit/audit.service.js';
import { AuditTrail } from './audit/audit-trail.js';
import { AuditEventRow } from './audit/audit-event.entity.js';
import { Cluster } from './clusters/cluster.entity.js';
import { ClusterCensus } from './clusters/cluster-census.js';
import { ClusterFleetService } from './clusters/cluster-fleet.service.js';
import { ClustersController } from './clusters/clusters.controller.js';
import { ClustersRepository } from './clusters/clusters.repository.js';
import { BudgetCheck } from './clusters/budget-check.js';
import { ClusterMetrics } from './clusters/cluster-metrics.js';
import { OrphansService } from './clusters/orphans.service.js';
import { ClustersService } from './clusters/clusters.service.js';
import { centralDatabase } from './central-database.js';
import type { RegistryConfig } from './config.js';
import { CredentialsRepository } from './lifecycle/credentials.repository.js';
import { DeleteTenant } from './lifecycle/delete-tenant.js';
import { LifecycleController } from './lifecycle/lifecycle.controller.js';
import { LifecycleService } from './lifecycle/lifecycle.service.js';
import { Removals } from './lifecycle/removals.js';
import { RewrapSecrets } from './lifecycle/rewrap-secrets.js';
import { RotateCredentials } from './lifecycle/rotate-credentials.js';
import { Transitions } from './lifecycle/transitions.js';
import { Leftovers } from './operations/leftovers.js';
import { LONG_ACTIONS, type LongAction } from './operations/long-action.js';
import { OperationRunner } from './operations/operation-runner.js';
import { OperationsRepository } from './operations/operations.repository.js';
import { OperationsService } from './operations/operations.service.js';
import { Takeover } from './operations/takeover.js';
import { FleetMetrics } from './migration-runs/fleet-metrics.js';
import { MigrationClaims } from './migration-runs/migration-claims.js';
import { MigrationRunner } from './migration-runs/migration-runner.js';
import { MigrationRunsController } from './migration-runs/migration-runs.controller.js';
import { MigrationRunsRepository } from './migration-runs/migration-runs.repository.js';
import { MigrationRunsService } from './migration-runs/migration-runs.service.js';
import { RunProgress } from './migration-runs/run-progress.js';
import { SchemaCatalogs } from './migration-runs/schema-catalogs.js';
import { TenantMigration } from './migration-runs/tenant-migration.js';
import { OutageWitness } from './outage-witness.js';
import { OperatorRow } from './operators/operator.entity.js';
import { OperatorsController } from './operators/operators.controller.js';
import { OperatorsRepository } from './operators/operators.repository.js';
import { OperatorsService } from './operators/operators.service.js';
import { Pages } from './pages.js';
import { Plan } from './tenants/plan.entity.js';
import { Births } from './provisioning/births.js';
import { ClusterAccess } from './provisioning/cluster-access.js';
import { CreateTenant } from './provisioning/create-tenant.js';
import { Placement } from './provisioning/placement.js';
import { TenantCluster } from './provisioning/tenant-cluster.js';
import { ReadReplica } from './read-replica.js';
import { Secrets } from './secrets.js';
import { TenantRow } from './tenants/tenant.entity.js';
import { TenantNotices } from './tenants/tenant-notices.js';
import { TenantSettingsController } from './tenants/tenant-settings.controller.js';
import { TenantSettingsService } from './tenants/tenant-settings.service.js';
import { TenantsController } from './tenants/tenants.controller.js';
import { TenantsRepository } from './tenants/tenants.repository.js';
import { TenantsService } from './tenants/tenants.service.js';
import { PoolsService } from './usage/pools.service.js';
import { RequestsRepository } from './usage/requests.repository.js';
import { Probe } from './usage/probe.js';
import { SizeBounds } from './usage/size-bounds.js';
import { UsageController } from './usage/usage.controller.js';
import { UsageService } from './usage/usage.service.js';

const entities = [TenantRow, Cluster, Plan, OperatorRow, AuditEventRow];
/** What takes too long for one request. */
const longActions = [CreateTenant, DeleteTenant, RotateCredentials, RewrapSecrets];

@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [CONFIG],
      useFactory: ({ REGISTRY_DATABASE_URL }: RegistryConfig) => ({
        ...centralDatabase(REGISTRY_DATABASE_URL),
        entities,
        retryAttempts: 60,
        retryDelay: 1000,
      }),
    }),
    TypeOrmModule.forFeature(entities),
    OutboxModule.forCentral('tenant-registry', DataSource),
  ],
  controllers: [
    TenantsController,
    LifecycleController,
    OperatorsController,
    AuditController,
    ClustersController,
    TenantSettingsController,
    UsageController,
    MigrationRunsController,
  ],
  providers: [
    ReadReplica,
    Pages,
    TenantsService,
    TenantsRepository,
    TenantNotices,
    ClusterMetrics,
    BudgetCheck,
    ClustersService,
    ClusterCensus,
    ClusterFleetService,
    OrphansService,
    TenantSettingsService,
    UsageService,
    SizeBounds,
    RequestsRepository,
    PoolsService,
    Probe,
    ClustersRepository,
    Secrets,
    OperationsRepository,
    OperatorsService,
    OperatorsRepository,
    AuditService,
    AuditRepository,
    AuditTrail,
    { provide: MessageWitness, useClass: OutageWitness },
    ClusterAccess,
    Placement,
    TenantCluster,
    Births,
    LifecycleService,
    Removals,
    CredentialsRepository,
    Transitions,
    ...longActions,
    { provide: LONG_ACTIONS, inject: longActions, useFactory: (...actions: LongAction[]) => actions },
    OperationRunner,
    OperationsService,
    Leftovers,
    Takeover,
    SchemaCatalogs,
    TenantMigration,
    RunProgress,
    MigrationClaims,
    MigrationRunner,
    MigrationRunsService,
    MigrationRunsRepository,
    FleetMetrics,
  ],
  // The message server, outside this module, finds it by that name.
  exports: [MessageWitness],
})
export class AppModule {}
