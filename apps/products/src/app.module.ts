import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { OutboxModule } from '@tenantry/outbox';
import { RegistryTenantsModule, TenantConnections } from '@tenantry/tenant-connection';
import { Product } from './product.entity.js';
import { ProductsController } from './products.controller.js';
import { ProductsRepository } from './products.repository.js';
import { ProductsService } from './products.service.js';

/** What this service needs of a tenant's database stands in this migration of `libs/tenant-schema` or before it. */
export const oldestSchema = 11;

@Module({
  imports: [
    RegistryTenantsModule.of('products', { oldestSchema }),
    OutboxModule.forTenants('products', TenantConnections),
    TypeOrmModule.forFeature([Product]),
  ],
  controllers: [ProductsController],
  providers: [ProductsService, ProductsRepository],
})
export class AppModule {}
