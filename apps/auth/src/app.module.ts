import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { AuditModule } from '@tenantry/audit';
import { OutboxModule } from '@tenantry/outbox';
import { CONFIG, masterKeysOf } from '@tenantry/service-kit';
import { RegistryTenantsModule, TenantConnections } from '@tenantry/tenant-connection';
import { AccessTokens } from './access-tokens.js';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import { CentralDatabase } from './central-database.js';
import type { AuthConfig } from './config.js';
import { KeyRotation } from './key-rotation.js';
import { RefreshesService } from './refreshes.service.js';
import { Revocations } from './revocations.js';
import { SessionEnds } from './session-ends.js';
import { SessionStarts } from './session-starts.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsRepository } from './sessions.repository.js';
import { SessionsService } from './sessions.service.js';
import { SigningKeys } from './signing-keys.js';

const signingKeys = {
  provide: SigningKeys,
  inject: [CentralDatabase, CONFIG],
  useFactory: (central: CentralDatabase, config: AuthConfig) => SigningKeys.open(central, masterKeysOf(config)),
};

@Module({
  imports: [
    RegistryTenantsModule.of('auth'),
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
