import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { CONFIG } from '@tenantry/service-kit';
import { RegistryTenantsModule } from '@tenantry/tenant-connection';
import { AccessTokens } from './access-tokens.js';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import type { AuthConfig } from './config.js';
import { SessionsRepository } from './sessions.repository.js';
import { SigningKeys } from './signing-keys.js';

const signingKeys = {
  provide: SigningKeys,
  inject: [CONFIG],
  useFactory: (config: AuthConfig) => SigningKeys.open(config.AUTH_DATABASE_URL, config.MASTER_KEY),
};

@Module({
  imports: [RegistryTenantsModule.of('auth'), JwtModule.register({})],
  controllers: [AuthController],
  providers: [AuthService, AccessTokens, SessionsRepository, signingKeys],
})
export class AppModule {}
