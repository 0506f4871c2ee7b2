import { Module, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { ThrottlerModule } from '@nestjs/throttler';
import { AuditController } from './routes/audit.controller.js';
import { AuditEventsController } from './routes/audit-events.controller.js';
import { AuthController } from './routes/auth.controller.js';
import { ClustersController } from './routes/clusters.controller.js';
import type { GatewayRequest } from './call.js';
import { Contexts } from './upstream/contexts.js';
import { ProblemsController } from './docs/problems.controller.js';
import { HealthController } from './routes/health.controller.js';
import { Keys } from './callers/keys.js';
import { LimitsModule } from './limits/limits.module.js';
import { SharedWindows } from './limits/shared-windows.js';
import { OperatorsController } from './routes/operators.controller.js';
import { MeController } from './routes/me.controller.js';
import { MigrationRunsController } from './routes/migration-runs.controller.js';
import { Operators } from './callers/operators.js';
import { AddressLimit } from './pipeline/address-limit.js';
import { BodyGuard } from './pipeline/body.guard.js';
import { PermissionGuard } from './pipeline/permission.guard.js';
import { RoomGuard } from './pipeline/room.guard.js';
import { RouteLimitGuard } from './pipeline/route-limit.guard.js';
import { TenantGuard } from './pipeline/tenant.guard.js';
import { TenantLimitGuard } from './pipeline/tenant-limit.guard.js';
import { TokenGuard } from './pipeline/token.guard.js';
import { ProblemFilter } from './problem.filter.js';
import { ProductsController } from './routes/products.controller.js';
import { ArrivingBodies } from './server/arriving-bodies.js';
import { Load } from './server/load.js';
import { Refused } from './server/refused.js';
import { Refusals } from './refusals.js';
import { RegistrationController } from './routes/registration.controller.js';
import { RolesController } from './routes/roles.controller.js';
import { Revocations } from './callers/revocations.js';
import { RequestCounts } from './callers/request-counts.js';
import { RolePermissions } from './callers/role-permissions.js';
import { RouteTable } from './route-table.js';
import { TenantLifecycleController } from './routes/tenant-lifecycle.controller.js';
import { TenantsController } from './routes/tenants.controller.js';
import { TenantEntries } from './callers/tenants.js';
import { Tokens } from './callers/tokens.js';
import { Upstream } from './upstream/upstream.js';
import { UsageController } from './routes/usage.controller.js';
import { UsersController } from './routes/users.controller.js';

const minuteMs = 60_000;

/** What every request goes through after it has its id and was counted (pipeline/request-id.ts, address-limit.ts), in this order. */
const pipeline = [TokenGuard, TenantGuard, PermissionGuard, TenantLimitGuard, RouteLimitGuard, RoomGuard, BodyGuard];

export const controllers: Type[] = [
  ProductsController,
  UsersController,
  MeController,
  RolesController,
  RegistrationController,
  AuditEventsController,
  AuthController,
  TenantsController,
  TenantLifecycleController,
  OperatorsController,
  AuditController,
  ClustersController,
  MigrationRunsController,
  UsageController,
  ProblemsController,
  HealthController,
];

@Module({
  imports: [
    JwtModule.register({}),
    LimitsModule,
    ThrottlerModule.forRootAsync({
      imports: [LimitsModule],
      inject: [SharedWindows],
      useFactory: (storage: SharedWindows) => ({
        storage,
        throttlers: [
          {
            name: 'tenant',
            ttl: minuteMs,
            limit: (context) =>
              context.switchToHttp().getRequest<GatewayRequest>().call.tenant!.limits.requestsPerMinute,
          },
          // Only where a route says so by @Throttle({ route: ... }).
          { name: 'route', ttl: minuteMs, limit: Infinity },
        ],
      }),
    }),
  ],
  controllers,
  providers: [
    ...pipeline.map((useClass) => ({ provide: APP_GUARD, useClass })),
    { provide: APP_FILTER, useClass: ProblemFilter },
    RouteTable,
    AddressLimit,
    ArrivingBodies,
    Contexts,
    Keys,
    Load,
    Operators,
    RequestCounts,
    Revocations,
    RolePermissions,
    Refusals,
    Refused,
    TenantEntries,
    Tokens,
    Upstream,
  ],
})
export class AppModule {}
