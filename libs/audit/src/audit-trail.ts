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

/** All of a row but its target, which comes last. */
const known = {
  action: 'text',
  actor: 'text',
  actor_id: 'uuid',
  details: 'jsonb',
  address: 'text',
  agent: 'text',
  request_id: 'text',
};
const types = Object.values(known);
const into = `INSERT INTO audit_events (${Object.keys(known).join(', ')}, target_id)`;
const append = `${into} VALUES (${types.map((_, at) => `$${at + 1}`).join(', ')}, $${types.length + 1})`;

const forgetShare = 1 / 50;
/** The schema's own (migration 11): a service may not remove what is kept. Takes at most 500 rows. */
const forget = 'SELECT forget_audit_events($1)';

/** A part of a larger statement, with the values of its parameters. */
export interface Clause {
  readonly text: string;
  readonly values: unknown[];
}

/**
 * Keeps what was done in a tenant, in the tenant's own database. Written where the transaction of the change is open, it is kept if, and only
 * if, the change is; outside of one it is kept by itself, as a failed attempt is.
 */
export class AuditTrail {
  /** @param random between 0 and 1, as of `Math.random`. */
  constructor(
    private readonly tenants: TenantStatements,
    private readonly keptDays: number,
    private readonly random: () => number = Math.random,
  ) {}

  async append(deed: Deed): Promise<void> {
    await this.tenants.query('audit.append', append, [...valuesOf(deed), deed.targetId ?? null]);
    await this.forget();
  }

  /**
   * One time in many, removes some of what is older than it is kept: more than was written since the last time. For after a write, so that nothing
   * looks into the database of a tenant in which nothing happens, and each write costs about the same.
   */
  async forget(): Promise<void> {
    if (this.random() < forgetShare) await this.tenants.query('audit.forget', forget, [this.keptDays]);
  }

  /**
   * The same as a part of the statement that does it, for where a round trip more would be felt: an INSERT of a row for each of `done`, another
   * part of that statement, whose `id` is the target. The values of its parameters start at `first`.
   */
  appendingTo(done: string, first: number, deed: Omit<Deed, 'targetId'>): Clause {
    const parameters = types.map((type, at) => `$${first + at}::${type}`).join(', ');
    return { text: `${into} SELECT ${parameters}, id FROM ${done}`, values: valuesOf(deed) };
  }
}

/** In the order of {@link known}. */
function valuesOf({ action, userId, details = {} }: Deed): unknown[] {
  const request = currentRequest();
  const caller = request?.caller ?? anonymous;
  const { address = null, agent = null } = request?.client ?? {};
  return [
    ...[action, userId ? `user:${userId}` : caller.subject, userId ?? caller.userId, JSON.stringify(details)],
    ...[address, agent ?? null, request?.requestId ?? null],
  ];
}
