import { boot } from '@tenantry/service-kit';
import { AppModule } from './app.module.js';
import { UsersConfig } from './config.js';

await boot({ name: 'users', module: AppModule, config: UsersConfig });
