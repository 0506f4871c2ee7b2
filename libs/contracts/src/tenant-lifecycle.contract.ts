import { z } from 'zod';
import { message } from './message.js';
import { id, text } from './schemas.js';
import { Operation, Tenant, TenantNotice } from './tenants.contract.js';

/** Why somebody did it: kept with the change, shown to operators. */
const reason = text(1, 500);

/** Changes told in one answer; who is further behind asks again. */
export const changesAtOnce = 500;

const changed = (verb: string) =>
  message(`tenants.${verb}`, {
    request: z.strictObject({ id, reason }),
    reply: Tenant,
    needs: 'tenants:write',
    tenant: null,
  });

/** What happens to a tenant after its birth; docs/architecture.md has the transitions. All answer `invalid-transition` to the others. */
export const TenantLifecycle = {
  /** Closes an active tenant, or one in maintenance, until it is resumed. */
  suspend: changed('suspend'),
  /** Opens a suspended tenant, or ends its maintenance. */
  resume: changed('resume'),
  /** Closes an active tenant for a short while. */
  maintain: changed('maintain'),
  /**
   * Archives a tenant and has it purged when its grace period has passed; a failed one is purged at once. The operation ends when nothing
   * of it is left.
   */
  remove: message('tenants.remove', {
    request: z.strictObject({ id, confirmSlug: text(1, 63), reason }),
    reply: Operation,
    needs: 'tenants:write',
    status: 202,
    tenant: null,
  }),
  /** Tries a failed birth again, with what it was asked for. */
  retry: message('tenants.retry', {
    request: z.strictObject({ id, reason: reason.optional() }),
    reply: Operation,
    needs: 'tenants:write',
    status: 202,
    tenant: null,
  }),
  /** New credentials for its database; those before let in for a while longer, so that no request fails. */
  rotateCredentials: message('tenants.rotate-credentials', {
    request: z.strictObject({ id, reason: reason.optional() }),
    reply: Operation,
    needs: 'tenants:write',
    status: 202,
    tenant: null,
  }),
  /** Wraps every key anew, with the present master key; after that the one before is needed no more. */
  rewrapSecrets: message('tenants.secrets.rewrap', {
    request: z.strictObject({ reason: reason.optional() }),
    reply: Operation,
    needs: 'tenants:write',
    status: 202,
    tenant: null,
  }),
  /** What has changed after a generation, oldest first. Whoever follows tenants asks it each second, in case a notice was missed. */
  changes: message('tenants.changes', {
    request: z.strictObject({
      /** The newest generation known; left out by who knows nothing yet, and so has missed nothing. */
      after: z.int().min(0).optional(),
    }),
    reply: z.strictObject({ changes: z.array(TenantNotice), generation: z.int() }),
    needs: 'service',
    idempotent: true,
    tenant: null,
  }),
};
