import { boot } from '@tenantry/service-kit';
import { AppModule } from './app.module.js';
import { ProductsConfig } from './config.js';

await boot({ name: 'products', module: AppModule, config: ProductsConfig });
