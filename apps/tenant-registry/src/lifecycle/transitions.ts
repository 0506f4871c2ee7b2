import { Inject, Injectable } from '@nestjs/common';
import { TenantEvents, type TenantState } from '@tenantry/contracts';
import { Outbox } from '@tenantry/outbox';
import { currentRequest, ServiceError } from '@tenantry/service-kit';
import type { EntityManager } from 'typeorm';
import { actor, OperationsRepository } from '../operations/operations.repository.js';
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
  readonly from: TenantState;
}

/** Moves tenants from state to state: recorded with who, why and from where, told to others once it is so. */
@Injectable()
export class Transitions {
  constructor(
    private readonly tenants: TenantsRepository,
    private readonly operations: OperationsRepository,
    @Inject(Outbox) private readonly outbox: Pick<Outbox, 'transaction' | 'add'>,
    @Inject(TenantNotices) private readonly notices: Pick<TenantNotices, 'say'>,
  ) {}

  /** @throws ServiceError `not-found`, `invalid-transition` */
  async move(id: string, transition: Transition): Promise<TenantRow> {
    const { isMoved, tenant } = await this.tryMove(id, transition);
    if (!isMoved) throw impossible(tenant, transition);
    return this.told(tenant);
  }

  /**
   * For steps that may be repeated: a tenant that is there already is left so, and is told of again.
   * @throws ServiceError `not-found`, `invalid-transition`
   */
  async ensure(id: string, transition: Transition): Promise<TenantRow> {
    const { isMoved, tenant } = await this.tryMove(id, transition);
    if (!isMoved && tenant.state !== transition.to) throw impossible(tenant, transition);
    return this.told(tenant);
  }

  /** @returns the tenant as it is afterwards. */
  private async tryMove(id: string, transition: Transition): Promise<{ isMoved: boolean; tenant: TenantRow }> {
    const { to, from = waysTo[to] } = transition;
    const ways = from.filter((state) => waysTo[to].includes(state));
    const isMoved = await this.outbox.transaction((manager) => this.write(manager, id, transition, ways));
    return { isMoved, tenant: await this.tenants.get(id) };
  }

  private told(tenant: TenantRow): TenantRow {
    this.notices.say(tenant);
    return tenant;
  }

  private async write(
    manager: EntityManager,
    id: string,
    { to, reason, ends, beside }: Transition,
    ways: readonly TenantState[],
  ): Promise<boolean> {
    const [[moved]] = await manager.query<[Moved[], number]>(
      `UPDATE tenants SET state = $2, state_reason = $3 WHERE id = $1 AND state = ANY ($4)
       RETURNING slug, name, plan, old.state AS "from"`,
      [id, to, reason, ways],
    );
    if (!moved) return false;
    await manager.query(
      `INSERT INTO tenant_transitions (tenant_id, from_state, to_state, reason, actor, request_id)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [id, moved.from, to, reason, actor(), currentRequest()?.requestId ?? null],
    );
    await beside?.(manager);
    if (ends) await this.operations.end(ends, 'succeeded', manager);
    const { from, slug, name, plan } = moved;
    const of = { aggregate: id, tenantId: id };
    this.outbox.add(TenantEvents.stateChanged, { ...of, data: { id, slug, from, to, reason } });
    // Born: the first time that it can be used.
    if (from === 'provisioning' && to === 'active')
      this.outbox.add(TenantEvents.activated, { ...of, data: { id, slug, name, plan } });
    return true;
  }
}

const impossible = ({ state }: TenantRow, { to }: Transition): ServiceError =>
  new ServiceError('invalid-transition', `A tenant that is ${state} cannot become ${to}.`);
