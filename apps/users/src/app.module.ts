import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { OutboxModule } from '@tenantry/outbox';
import { RegistryTenantsModule, TenantConnections } from '@tenantry/tenant-connection';
import { Passwords } from './passwords.js';
import { Role } from './role.entity.js';
import { RolesRepository } from './roles.repository.js';
import { User } from './user.entity.js';
import { UsersController } from './users.controller.js';
import { UsersRepository } from './users.repository.js';
import { UsersService } from './users.service.js';

@Module({
  imports: [
    RegistryTenantsModule.of('users'),
    OutboxModule.forTenants('users', TenantConnections),
    TypeOrmModule.forFeature([User, Role]),
  ],
  controllers: [UsersController],
  providers: [UsersService, UsersRepository, RolesRepository, Passwords],
})
export class AppModule {}
