import { StreamMaker } from '@tenantry/outbox';
import { boot } from '@tenantry/service-kit';
import { AppModule } from './app.module.js';
import { RegistryConfig } from './config.js';
import { migrated } from './migrated.js';

await boot({
  name: 'tenant-registry',
  module: AppModule,
  config: RegistryConfig,
  awaits: (kit) => {
    // Before its own database is looked for: other services write without that.
    new StreamMaker(kit.nats, kit.log).start();
    return migrated(kit);
  },
});
