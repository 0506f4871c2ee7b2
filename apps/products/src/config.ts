import { TenantsConfig } from '@tenantry/tenant-connection';
import type { z } from 'zod';

/** Products reads nothing besides what every service with tenants reads. */
export const ProductsConfig = TenantsConfig;
export type ProductsConfig = z.output<typeof ProductsConfig>;
