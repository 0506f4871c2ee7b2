import { wholeNumber } from '@tenantry/service-kit';
import { z } from 'zod';

/** What a service with an audit reads besides its own settings. */
export const AuditConfig = z.object({
  /** How many days the audit of a tenant is kept for its admins. */
  AUDIT_DAYS: wholeNumber(1, 3650).default(365),
});
export type AuditConfig = z.output<typeof AuditConfig>;
