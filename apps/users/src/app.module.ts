import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule } from '@tenantry/audit';
import { OutboxModule } from '@tenantry/outbox';
import { RegistryTenantsModule, TenantConnections } from '@tenantry/tenant-connection';
import { AuditController } from './audit/audit.controller.js';
import { AuditRepository } from './audit/audit.repository.js';
import { AuditService } from './audit/audit.service.js';
import { Changes } from './changes/changes.js';
import { CredentialsController } from './credentials/credentials.controller.js';
import { CredentialsRepository } from './credentials/credentials.repository.js';
import { CredentialsService } from './credentials/credentials.service.js';
import { Mailer } from './mail/mailer.js';
import { MailTokensRepository } from './mail/mail-tokens.repository.js';
import { TokenMails } from './mail/token-mails.js';
import { MeController } from './me/me.controller.js';
import { MeService } from './me/me.service.js';
import { Passwords } from './passwords/passwords.js';
import { RecoveryService } from './registration/recovery.service.js';
import { RegistrationController } from './registration/registration.controller.js';
import { RegistrationService } from './registration/registration.service.js';
import { Role } from './roles/role.entity.js';
import { RolesController } from './roles/roles.controller.js';
import { RolesRepository } from './roles/roles.repository.js';
import { RolesService } from './roles/roles.service.js';
import { TenantTerms } from './tenant/tenant-terms.js';
import { User } from './users/user.entity.js';
import { UsersController } from './users/users.controller.js';
import { UsersRepository } from './users/users.repository.js';
import { UsersService } from './users/users.service.js';

/** What this service needs of a tenant's database stands in this migration of `libs/tenant-schema` or before it. */
export const oldestSchema = 11;

@Module({
  imports: [
    RegistryTenantsModule.of('users', { oldestSchema }),
    OutboxModule.forTenants('users', TenantConnections),
    AuditModule.in(TenantConnections),
    TypeOrmModule.forFeature([User, Role]),
  ],
  controllers: [
    UsersController,
    RolesController,
    MeController,
    CredentialsController,
    AuditController,
    RegistrationController,
  ],
  providers: [
    ...[UsersService, UsersRepository],
    ...[RolesService, RolesRepository],
    ...[CredentialsService, CredentialsRepository, Passwords],
    ...[RegistrationService, RecoveryService, TokenMails, MailTokensRepository, Mailer],
    MeService,
    ...[AuditService, AuditRepository],
    Changes,
    TenantTerms,
  ],
})
export class AppModule {}
