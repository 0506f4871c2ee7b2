import { AuditConfig } from '@tenantry/audit';
import { TenantsConfig } from '@tenantry/tenant-connection';
import { z } from 'zod';

/** What users reads besides what every service with tenants reads. */
export const UsersConfig = TenantsConfig.extend(AuditConfig.shape).extend({
  /** Where mail is given to be sent: `smtps://user:password@host:465`, `smtp://host:25`. */
  SMTP_URL: z.url({ protocol: /^smtps?$/, error: 'must be an smtp:// or smtps:// URL' }).optional(),
  /** A folder that mails are written to where there is no SMTP_URL. */
  MAIL_FOLDER: z.string().min(1).optional(),
  MAIL_FROM: z.string().min(3).default('Tenantry <no-reply@localhost>'),
  /** What links in mails begin with, `{tenant}` standing for the tenant's slug: `https://{tenant}.example.com`. Without it mails hold the bare token. */
  MAIL_LINKS: z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' }).optional(),
});
export type UsersConfig = z.output<typeof UsersConfig>;
