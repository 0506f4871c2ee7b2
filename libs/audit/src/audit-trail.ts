import type { AuditAction } from '@tenantry/contracts';
import { anonymous, currentRequest } from '@tenantry/service-kit';

/** What the trail asks of a service's connections: a statement in the tenant of the running message, part of its open transaction. */
export interface TenantStatements {
  query(name: string, text: string, values: unknown[]): Promise<unknown>;
}

/** What was done. Who, from where, and in which request, the trail knows by itself. */
export interface Deed {
  readonly action: AuditAction;
  /** Who did it, where the request itself does not say so yet: somebody who logs in. */
  readonly userId?: string | undefined;
  /** The user, role or session that it was done to. */
  readonly targetId?: string | undefined;
  /** What else an admin should know; never a secret. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

const text = `INSERT INTO audit_events (action, actor, actor_id, target_id, details, address, agent, request_id)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`;

/**
 * Keeps what was done in a tenant, in the tenant's own database. Written where the transaction of the change is open, it is kept if, and only
 * if, the change is; outside of one it is kept by itself, as a failed attempt is.
 */
export class AuditTrail {
  constructor(private readonly tenants: TenantStatements) {}

  async append({ action, userId, targetId, details }: Deed): Promise<void> {
    const request = currentRequest();
    const caller = request?.caller ?? anonymous;
    const actorId = userId ?? caller.userId;
    const actor = userId ? `user:${userId}` : caller.subject;
    const { address = null, agent = null } = request?.client ?? {};
    await this.tenants.query('audit.append', text, [
      ...[action, actor, actorId, targetId ?? null, JSON.stringify(details ?? {})],
      ...[address, agent ?? null, request?.requestId ?? null],
    ]);
  }
}
