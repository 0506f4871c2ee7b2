import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { AuditModule } from '@tenantry/audit';
import { OutboxModule } from '@tenantry/outbox';
import { CONFIG, masterKeysOf } from '@tenantry/service-kit';
import { RegistryTenantsModule, TenantConnections } from '@tenantry/tenant-connection';
import { AccessTokens } from './keys/access-tokens.js';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import { CentralDatabase } from './central-database.js';
import type { AuthConfig } from './config.js';
import { KeyRotation } from './keys/key-rotation.js';
import { RefreshesService } from './sessions/refreshes.service.js';
import { Revocations } from './sessions/revocations.js';
import { SessionEnds } from './sessions/session-ends.js';
import { SessionStarts } from './sessions/session-starts.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { SessionsRepository } from './sessions/sessions.repository.js';
import { SessionsService } from './sessions/sessions.service.js';
import { SigningKeys } from './keys/signing-keys.js';

const signingKeys = {
  provide: SigningKeys,
  inject: [CentralDatabase, CONFIG],
  useFactory: (central: CentralDatabase, config: AuthConfig) => SigningKeys.open(central, masterKeysOf(config)),
};

/** What this service needs of a tenant's database stands in this migration of `libs/tenant-schema` or before it. */
export const oldestSchema = 11;

@Module({
  imports: [
    RegistryTenantsModule.of('auth', { oldestSchema }),
    OutboxModule.forTenants('auth', TenantConnections),
    AuditModule.in(TenantConnections),
    JwtModule.register({}),
  ],
  controllers: [AuthController, SessionsController],
  providers: [
    ...[AuthService, RefreshesService, SessionsService, SessionStarts, SessionEnds, SessionsRepository],
    ...[AccessTokens, signingKeys, KeyRotation, CentralDatabase, Revocations],
  ],
})
export class AppModule {}
