import { masterKey, wholeNumber } from '@tenantry/service-kit';
import { z } from 'zod';

export const UsersConfig = z.object({
  MASTER_KEY: masterKey,
  /** Connections of this process to one database cluster. */
  CONNECTION_BUDGET: wholeNumber(1, 10_000).optional(),
});
export type UsersConfig = z.output<typeof UsersConfig>;
