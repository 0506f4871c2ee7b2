import { CONFIG } from '@tenantry/service-kit';
import { type DynamicModule, type InjectionToken, Module } from '@nestjs/common';
import { AuditTrail, type TenantStatements } from './audit-trail.js';
import type { AuditConfig } from './config.js';

/** Gives a service its {@link AuditTrail}. */
@Module({})
export class AuditModule {
  /** @param tenants the class of the service's connections to its tenants. */
  static in(tenants: abstract new (...parts: never[]) => TenantStatements): DynamicModule {
    const trail = {
      provide: AuditTrail,
      inject: [tenants as InjectionToken, CONFIG],
      useFactory: (statements: TenantStatements, { AUDIT_DAYS }: AuditConfig) => new AuditTrail(statements, AUDIT_DAYS),
    };
    return { module: AuditModule, global: true, providers: [trail], exports: [AuditTrail] };
  }
}
