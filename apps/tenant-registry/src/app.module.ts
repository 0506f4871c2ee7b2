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
import { Cluster } from './cluster.entity.js';
import { ClustersRepository } from './clusters.repository.js';
import { ClustersService } from './clusters.service.js';
import type { RegistryConfig } from './config.js';
import { OperationsRepository } from './operations.repository.js';
import { OperatorRow } from './operators/operator.entity.js';
import { OperatorsController } from './operators/operators.controller.js';
import { OperatorsRepository } from './operators/operators.repository.js';
import { OperatorsService } from './operators/operators.service.js';
import { Pages } from './pages.js';
import { Plan } from './plan.entity.js';
import { ClusterAccess } from './provisioning/cluster-access.js';
import { Placement } from './provisioning/placement.js';
import { ProvisioningSteps } from './provisioning/provisioning.steps.js';
import { ProvisioningWorkflow } from './provisioning/provisioning.workflow.js';
import { Secrets } from './secrets.js';
import { TenantRow } from './tenant.entity.js';
import { TenantNotices } from './tenant-notices.js';
import { TenantsController } from './tenants.controller.js';
import { TenantsRepository } from './tenants.repository.js';
import { TenantsService } from './tenants.service.js';

const entities = [TenantRow, Cluster, Plan, OperatorRow, AuditEventRow];

@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [CONFIG],
      useFactory: ({ REGISTRY_DATABASE_URL }: RegistryConfig) => ({
        type: 'postgres',
        url: REGISTRY_DATABASE_URL,
        entities,
        installExtensions: false,
        poolSize: 10,
        extra: { connectionTimeoutMillis: 3000, statement_timeout: 5000 },
        retryAttempts: 60,
        retryDelay: 1000,
      }),
    }),
    TypeOrmModule.forFeature(entities),
    OutboxModule.forCentral('tenant-registry', DataSource),
  ],
  controllers: [TenantsController, OperatorsController, AuditController],
  providers: [
    Pages,
    TenantsService,
    TenantsRepository,
    TenantNotices,
    ClustersService,
    ClustersRepository,
    Secrets,
    OperationsRepository,
    OperatorsService,
    OperatorsRepository,
    AuditService,
    AuditRepository,
    { provide: MessageWitness, useClass: AuditTrail },
    ClusterAccess,
    Placement,
    ProvisioningSteps,
    ProvisioningWorkflow,
  ],
  // The message server, outside this module, finds it by that name.
  exports: [MessageWitness],
})
export class AppModule {}
