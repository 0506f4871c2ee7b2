import { boot } from '@tenantry/service-kit';
import { AppModule } from './app.module.js';
import { RegistryConfig } from './config.js';

await boot({ name: 'tenant-registry', module: AppModule, config: RegistryConfig });
