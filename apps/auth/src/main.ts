import { boot } from '@tenantry/service-kit';
import { AppModule } from './app.module.js';
import { AuthConfig } from './config.js';
import { migrated } from './migrated.js';

await boot({ name: 'auth', module: AppModule, config: AuthConfig, awaits: migrated });
