import { Injectable } from '@nestjs/common';
import type { TenantAudit, TenantAuditEvent, ParsedRequestOf } from '@tenantry/contracts';
import { TenantConnections } from '@tenantry/tenant-connection';

type Filters = Omit<ParsedRequestOf<typeof TenantAudit.list>, 'limit' | 'cursor'> & {
  readonly before?: string | undefined;
};

/** What each filter asks of a row; the value takes the place of `?`. */
const conditions: Readonly<Record<keyof Filters, string>> = {
  before: 'id < ?',
  action: 'action = ?',
  actorId: 'actor_id = ?',
  targetId: 'target_id = ?',
  from: 'time >= ?',
  to: 'time < ?',
};
const names = Object.keys(conditions) as (keyof Filters)[];

const columns = `id, time, action, actor, actor_id AS "actorId", target_id AS "targetId", details, address, agent,
  request_id AS "requestId"`;

@Injectable()
export class AuditRepository {
  constructor(private readonly connections: TenantConnections) {}

  /** Newest first. */
  findPage(limit: number, filters: Filters): Promise<TenantAuditEvent[]> {
    const given = names.filter((name) => filters[name] !== undefined);
    const where = given.map((name, at) => conditions[name].replace('?', `$${at + 2}`)).join(' AND ') || 'true';
    const text = `SELECT ${columns} FROM audit_events WHERE ${where} ORDER BY id DESC LIMIT $1`;
    const values = given.map((name) => filters[name]);
    return this.connections.query<TenantAuditEvent>(`audit.page ${given.join(' ')}`, text, [limit, ...values]);
  }
}
