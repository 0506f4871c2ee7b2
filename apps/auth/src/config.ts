import { AuditConfig } from '@tenantry/audit';
import { wholeNumber } from '@tenantry/service-kit';
import { TenantsConfig } from '@tenantry/tenant-connection';
import { z } from 'zod';

/** What auth reads besides the settings of every process. */
export const AuthConfig = TenantsConfig.extend(AuditConfig.shape).extend({
  /** Auth's own central database, with the signing keys; as its owner. */
  AUTH_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }),
  /** A signing key is followed by another after so long. */
  SIGNING_KEY_DAYS: wholeNumber(1, 365).default(30),
});
export type AuthConfig = z.output<typeof AuthConfig>;
