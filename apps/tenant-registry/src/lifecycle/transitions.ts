import { Inject, Injectable } from '@nestjs/common';
import { TenantEvents, type TenantState } from '@tenantry/contracts';
import { Outbox } from '@tenantry/outbox';
import { currentRequest, ServiceError } from '@tenantry/service-kit';
import type { EntityManager } from 'typeorm';
import { actor } from '../operations/operations.repository.js';
import type { TenantRow } from '../tenants/tenant.entity.js';
import { TenantNotices } from '../tenants/tenant-notices.js';
import { TenantsRepository } from '../tenants/tenants.repository.js';

/** Every way from one state to another that there is; docs/architecture.md draws them. */
const waysTo: Readonly<Record<TenantState, readonly TenantState[]>> = {
  provisioning: ['failed'],
  active: ['provisioning', 'suspended', 'maintenance'],
  suspended: ['active', 'maintenance'],
  maintenance: ['active'],
  archived: ['active', 'suspended', 'maintenance'],
  purged: ['archived', 'failed'],
  failed: ['provisioning'],
};

/** A change of state that somebody wants. */
export interface Transition {
  readonly to: TenantState;
  /** Where it must come from, of the ways there are; all of them unless said. */
  readonly from?: readonly TenantState[];
  readonly reason: string | null;
  /** The operation that has succeeded with it, if so: ended in the same transaction. */
  readonly ends?: string;
  /** Done in the same transaction, after it. */
  readonly beside?: (manager: EntityManager) => Promise<unknown>;
}

interface Moved {
  readonly slug: string;
  readonly name: string;
  readonly plan: string;
  readonly generation: string;
  readonly from: TenantState;
}

/** One statement, since each costs as much as what it does. Whoever is active has its first admin: its password is kept no longer. */
const moving = `
  WITH moved AS (
    UPDATE tenants SET state = $2, state_reason = $3, first_admin = CASE WHEN $2 <> 'active' THEN first_admin END
    WHERE id = $1 AND state = ANY ($4) RETURNING slug, name, plan, generation, old.state AS "from"
  ), recorded AS (
    INSERT INTO tenant_transitions (tenant_id, from_state, to_state, reason, actor, request_id)
    SELECT $1, "from", $2, $3, $5, $6 FROM moved
  ), ended AS (
    UPDATE operations SET outcome = 'succeeded', ended_at = now()
    WHERE id = $7 AND ended_at IS NULL AND EXISTS (SELECT FROM moved)
  )
  SELECT * FROM moved`;

/** Moves tenants from state to state: recorded with who, why and from where, told to others once it is so. */
@Injectable()
export class Transitions {
  constructor(
    private readonly tenants: TenantsRepository,
    @Inject(Outbox) private readonly outbox: Pick<Outbox, 'transaction' | 'add'>,
    @Inject(TenantNotices) private readonly notices: Pick<TenantNotices, 'say'>,
  ) {}

  /** @throws ServiceError `not-found`, `invalid-transition` */
  async move(id: string, transition: Transition): Promise<TenantRow> {
    const isMoved = await this.tryMove(id, transition);
    const tenant = await this.tenants.get(id);
    if (!isMoved) throw impossible(tenant, transition);
    return tenant;
  }

  /**
   * For steps that may be repeated: a tenant that is there already is left so, and is told of again.
   * @throws ServiceError `not-found`, `invalid-transition`
   */
  async ensure(id: string, transition: Transition): Promise<void> {
    if (await this.tryMove(id, transition)) return;
    const tenant = await this.tenants.get(id);
    if (tenant.state !== transition.to) throw impossible(tenant, transition);
    this.notices.say(tenant);
  }

  private async tryMove(id: string, transition: Transition): Promise<boolean> {
    const { to, from = waysTo[to] } = transition;
    const ways = from.filter((state) => waysTo[to].includes(state));
    const moved = await this.outbox.transaction((manager) => this.write(manager, id, transition, ways));
    if (moved) this.notices.say({ id, slug: moved.slug, state: to, generation: Number(moved.generation) });
    return moved !== undefined;
  }

  private async write(
    manager: EntityManager,
    id: string,
    { to, reason, ends, beside }: Transition,
    ways: readonly TenantState[],
  ): Promise<Moved | undefined> {
    const request = currentRequest()?.requestId ?? null;
    const [moved] = await manager.query<Moved[]>(moving, [id, to, reason, ways, actor(), request, ends ?? null]);
    if (!moved) return undefined;
    await beside?.(manager);
    const { from, slug, name, plan } = moved;
    const of = { aggregate: id, tenantId: id };
    this.outbox.add(TenantEvents.stateChanged, { ...of, data: { id, slug, from, to, reason } });
    // Born: the first time that it can be used.
    if (from === 'provisioning' && to === 'active')
      this.outbox.add(TenantEvents.activated, { ...of, data: { id, slug, name, plan } });
    return moved;
  }
}

const impossible = ({ state }: TenantRow, { to }: Transition): ServiceError =>
  new ServiceError('invalid-transition', `A tenant that is ${state} cannot become ${to}.`);
