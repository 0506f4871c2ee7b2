import { boot } from '@tenantry/service-kit';
import { AppModule } from './app.module.js';
import { RegistryConfig } from './config.js';
import { migrated } from './migrated.js';

await boot({ name: 'tenant-registry', module: AppModule, config: RegistryConfig, awaits: migrated });
