import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Tenants } from '@tenantry/contracts';
import { CONFIG, LOG, Messages, type Log } from '@tenantry/service-kit';
import { TenantConnectionModule } from '@tenantry/tenant-connection';
import type { UsersConfig } from './config.js';
import { Passwords } from './passwords.js';
import { RoleEntity } from './role.entity.js';
import { RolesRepository } from './roles.repository.js';
import { UserEntity } from './user.entity.js';
import { UsersController } from './users.controller.js';
import { UsersRepository } from './users.repository.js';
import { UsersService } from './users.service.js';

@Module({
  imports: [
    TenantConnectionModule.forRootAsync({
      inject: [CONFIG, Messages, LOG],
      useFactory: (config: UsersConfig, messages: Messages, log: Log) => ({
        service: 'users',
        source: { load: (id) => messages.ask(Tenants.locate, { id }) },
        masterKey: config.MASTER_KEY,
        settings: config.CONNECTION_BUDGET === undefined ? {} : { budget: config.CONNECTION_BUDGET },
        log,
      }),
    }),
    TypeOrmModule.forFeature([UserEntity, RoleEntity]),
  ],
  controllers: [UsersController],
  providers: [UsersService, UsersRepository, RolesRepository, Passwords],
})
export class AppModule {}
