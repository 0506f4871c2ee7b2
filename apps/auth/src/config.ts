import { TenantsConfig } from '@tenantry/tenant-connection';
import { z } from 'zod';

/** What auth reads besides the settings of every process. */
export const AuthConfig = TenantsConfig.extend({
  /** Auth's own central database, with the signing keys; as its owner. */
  AUTH_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }),
});
export type AuthConfig = z.output<typeof AuthConfig>;
