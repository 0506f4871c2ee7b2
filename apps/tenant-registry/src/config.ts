import { looksRandomText, masterKey, wholeNumber } from '@tenantry/service-kit';
import { z } from 'zod';

const postgresUrl = z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' });

/** What the registry reads besides the settings of every process. */
export const RegistryConfig = z.object({
  /** The central database, as its owner. */
  REGISTRY_DATABASE_URL: postgresUrl,
  /** A streaming replica of it, as the same role: lists are read there while it keeps up. */
  REGISTRY_REPLICA_URL: postgresUrl.optional(),
  /** What the replica has not heard of may be so old; beyond that the primary is read. */
  REGISTRY_REPLICA_MAX_LAG_SECONDS: wholeNumber(1, 3600).default(5),
  /** The account that makes tenants' roles and databases, on the `postgres` database of the first cluster. */
  PROVISIONER_URL: postgresUrl,
  MASTER_KEY: masterKey,
  /** The one before: still opens what it has wrapped, until the re-wrapping has been run. */
  MASTER_KEY_PREVIOUS: masterKey.optional(),
  /** Cursors of lists are authenticated with it; with `MASTER_KEY` unless it is set, so that a new one of that refuses them. */
  CURSOR_KEY: masterKey.optional(),
  /** How long both credentials of a tenant let in while they are changed: longer than it takes everybody to hear of the new ones. */
  ROTATION_OVERLAP_SECONDS: wholeNumber(3, 86_400).default(15),
  /** How long an archived tenant's data is kept before it is purged. */
  ARCHIVE_GRACE_SECONDS: wholeNumber(0, 10 * 365 * 86_400).default(30 * 86_400),
  /** A tenant in use has the size of its database looked at so often at most. */
  DATABASE_SIZE_SECONDS: wholeNumber(1, 86_400).default(60),
  /** The longest that one statement of a migration may take in a tenant's database. */
  MIGRATION_STATEMENT_SECONDS: wholeNumber(1, 86_400).default(3600),
  /** How many days the audit of what operators do is kept. */
  OPERATOR_AUDIT_DAYS: wholeNumber(1, 3650).default(365),
  /** The first operator's key, made valid at the start: `tok_` and at least 32 characters. */
  OPERATOR_KEY: z
    .string()
    .regex(/^tok_[A-Za-z0-9_-]{32,128}$/, 'must be tok_ and 32 to 128 letters, digits, - or _')
    .refine((key) => looksRandomText(key.slice('tok_'.length)), 'must be random after tok_ (openssl rand -hex 32)')
    .optional(),
});
export type RegistryConfig = z.output<typeof RegistryConfig>;
