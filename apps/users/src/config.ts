import { TenantsConfig } from '@tenantry/tenant-connection';
import type { z } from 'zod';

/** Users reads nothing besides what every service with tenants reads. */
export const UsersConfig = TenantsConfig;
export type UsersConfig = z.output<typeof UsersConfig>;
