import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { OutboxModule } from '@tenantry/outbox';
import { RegistryTenantsModule, TenantConnections } from '@tenantry/tenant-connection';
import { Product } from './product.entity.js';
import { ProductsController } from './products.controller.js';
import { ProductsRepository } from './products.repository.js';
import { ProductsService } from './products.service.js';

@Module({
  imports: [
    RegistryTenantsModule.of('products'),
    OutboxModule.forTenants('products', TenantConnections),
    TypeOrmModule.forFeature([Product]),
  ],
  controllers: [ProductsController],
  providers: [ProductsService, ProductsRepository],
})
export class AppModule {}
