import { z } from 'zod';

/** What a tenant may use. Connections are per service instance. */
export const TenantLimits = z.strictObject({
  requestsPerMinute: z.int().positive(),
  maxConnections: z.int().positive(),
});
export type TenantLimits = z.output<typeof TenantLimits>;
