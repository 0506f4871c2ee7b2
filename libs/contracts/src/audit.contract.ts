import { z } from 'zod';
import { message } from './message.js';
import { id, nothing, page, paging, text, timestamp } from './schemas.js';

/** The subject of a message, such as `tenants.suspend`. */
const action = text(1, 100);
/** `operator:<id>`. */
const actor = text(1, 100);
const reason = text(1, 500);
/** `succeeded`, the code of the error, or `begun` where nobody lived to say how it ended. */
const outcome = text(1, 50);
/** A moment with any offset; kept to the millisecond. */
const moment = z.iso.datetime({ offset: true });

/** What one operator did, or tried to: who, what, to which tenant, why, and what became of it. */
export const AuditEvent = z
  .strictObject({
    id,
    at: timestamp,
    actor: z.string(),
    actorName: z.string().nullable(),
    action: z.string(),
    tenantId: id.nullable(),
    target: id.nullable().meta({ description: 'What was acted upon, where it is no tenant' }),
    reason: z.string().nullable(),
    requestId: z.string(),
    address: z.string().nullable(),
    outcome: z.string().meta({ description: '`succeeded`, an error code, or `begun` where the end was not seen' }),
  })
  .meta({ id: 'AuditEvent' });
export type AuditEvent = z.output<typeof AuditEvent>;

export const Audit = {
  list: message('tenants.audit.list', {
    request: z.strictObject({
      ...paging,
      actor: actor.optional(),
      action: action.optional(),
      tenant: id.optional(),
      outcome: outcome.optional(),
      from: moment.optional(),
      to: moment.optional().meta({ description: 'Exclusive' }),
    }),
    reply: page(AuditEvent).meta({ id: 'AuditEventPage' }),
    needs: 'audit:read',
    idempotent: true,
    tenant: null,
  }),
  /** The gateway's word that it refused an operator before the registry heard of it. */
  refuse: message('tenants.audit.refuse', {
    request: z.strictObject({
      ...{ actor, action, outcome },
      id: id.optional(),
      reason: reason.optional(),
      requestId: text(8, 64),
      address: text(1, 64).optional(),
    }),
    reply: nothing,
    needs: 'system:gateway',
    status: 204,
    tenant: null,
  }),
};
