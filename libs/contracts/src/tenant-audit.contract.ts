import { z } from 'zod';
import { message } from './message.js';
import { id, page, paging, timestamp } from './schemas.js';

/** What is kept of who did what in a tenant. */
export const auditActions = [
  'auth.login',
  'auth.login-failed',
  'auth.logout',
  'auth.refresh-reused',
  'auth.session-revoked',
  'users.created',
  'users.registered',
  'users.changed',
  'users.deactivated',
  'users.password-changed',
  'users.password-reset',
  'users.email-verified',
  'roles.created',
  'roles.changed',
  'roles.deleted',
] as const;
export type AuditAction = (typeof auditActions)[number];

/** Something that was done, as a tenant's admin reads it. `actorId` is null where nobody had logged in, or the system did it. */
export const TenantAuditEvent = z
  .strictObject({
    id,
    time: timestamp,
    action: z.string(),
    actor: z.string().meta({ description: '`user:<id>`, `system:<service>` or `anonymous`' }),
    actorId: id.nullable(),
    /** The user, role or session that it was done to. */
    targetId: id.nullable(),
    details: z.record(z.string(), z.unknown()),
    address: z.string().nullable(),
    agent: z.string().nullable(),
    requestId: z.string().nullable(),
  })
  .meta({ id: 'TenantAuditEvent' });
export type TenantAuditEvent = z.output<typeof TenantAuditEvent>;

export const TenantAudit = {
  list: message('users.audit-events.list', {
    request: z.strictObject({
      ...paging,
      action: z.enum(auditActions).optional(),
      actorId: id.optional(),
      targetId: id.optional(),
      from: timestamp.optional().meta({ description: 'The earliest time that is wanted' }),
      to: timestamp.optional().meta({ description: 'The time before which all that is wanted happened' }),
    }),
    reply: page(TenantAuditEvent).meta({ id: 'TenantAuditEventPage' }),
    needs: 'audit:read',
    idempotent: true,
  }),
};
