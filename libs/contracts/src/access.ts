import { z } from 'zod';
import { notice } from './notice.js';
import { id } from './schemas.js';

/**
 * What has changed of who may do what, as the users service says it after its commit.
 *
 * - `user`: access tokens of a lower `version` (`users.security_version`) are refused, but for those of the session `except`; where its
 *   `sessions` are `ended`, their refresh tokens are too.
 * - `role`: what it permits has changed, or it is gone; `version` counts the changes of all the tenant's roles. Tokens hold, with other permissions.
 */
export const AccessChange = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('user'),
    userId: id,
    version: z.int().positive(),
    sessions: z.enum(['kept', 'ended']),
    except: id.nullable(),
  }),
  z.strictObject({ kind: z.literal('role'), roleId: id, version: z.int().positive() }),
]);
export type AccessChange = z.output<typeof AccessChange>;

/** What a gateway must refuse from now on, or ask anew. Kept for as long as an access token made before can live. */
export const Revocation = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('session'), tenantId: id, sessionId: id }),
  z.strictObject({
    kind: z.literal('user'),
    tenantId: id,
    userId: id,
    version: z.int().positive(),
    except: id.nullable(),
  }),
  z.strictObject({ kind: z.literal('role'), tenantId: id, roleId: id, version: z.int().positive() }),
]);
export type Revocation = z.output<typeof Revocation>;

/** Said to every gateway, at once; who misses it finds it after its last position. */
export const RevocationNotice = z.strictObject({ revocations: z.array(Revocation) });
export type RevocationNotice = z.output<typeof RevocationNotice>;
export const revocationNotice = notice('state.revocations', 'auth', RevocationNotice);

/** Revocations in the order of their positions. `position` is that of the last one there is, and 0 where there is none. */
export const RevocationPage = z.strictObject({ position: z.int().nonnegative(), revocations: z.array(Revocation) });
export type RevocationPage = z.output<typeof RevocationPage>;
