import { z } from 'zod';

/** The life of a tenant; docs/architecture.md has the transitions. */
export const TenantState = z.enum([
  'provisioning',
  'active',
  'suspended',
  'maintenance',
  'archived',
  'purged',
  'failed',
]);
export type TenantState = z.output<typeof TenantState>;
