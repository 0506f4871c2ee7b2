import { Inject, Injectable } from '@nestjs/common';
import { Users } from '@tenantry/contracts';
import { Messages } from '@tenantry/service-kit';
import { dropTenant, ensureTenantDatabase, ensureTenantRole, type SqlClient } from '@tenantry/tenant-schema';
import { Transitions } from '../lifecycle/transitions.js';
import type { LongAction, Step, TenantJob } from '../operations/long-action.js';
import { adminPassword, databasePassword, Secrets } from '../secrets.js';
import { type TenantAtWork, TenantsRepository } from '../tenants/tenants.repository.js';
import { TenantCluster } from './tenant-cluster.js';

/** The birth of a tenant, from a reserved place to its first login. What cannot be finished leaves nothing but the row, and its slug free. */
@Injectable()
export class CreateTenant implements LongAction {
  readonly kind = 'create-tenant';
  readonly opening = 'reserve';
  readonly steps: readonly Step[] = [
    { name: 'database', work: (job) => this.makeDatabase(job) },
    { name: 'first-admin', work: (job) => this.makeFirstAdmin(job) },
    { name: 'activate', work: (job) => this.activate(job), isEnd: true },
  ];
  readonly undo: Step = { name: 'undo', work: (job) => this.makeUndone(job) };

  constructor(
    private readonly tenants: TenantsRepository,
    private readonly cluster: TenantCluster,
    private readonly transitions: Transitions,
    private readonly secrets: Secrets,
    @Inject(Messages) private readonly messages: Messages,
  ) {}

  /** One step, since each costs PostgreSQL as much as all of these statements but one. Each of them may come again. */
  private makeDatabase(job: TenantJob): Promise<void> {
    const make = async (cluster: SqlClient, { id, database, role, sealedPassword }: TenantAtWork): Promise<void> => {
      await ensureTenantRole(cluster, role, await this.secrets.open(sealedPassword ?? '', databasePassword(id)));
      await ensureTenantDatabase(cluster, database, role);
    };
    return this.cluster.alone(job, ['provisioning'], make, { ready: true });
  }

  private async makeFirstAdmin({ tenantId }: TenantJob): Promise<void> {
    const { sealedPassword, ...admin } = await this.tenants.getFirstAdmin(tenantId);
    const password = await this.secrets.open(sealedPassword, adminPassword(tenantId));
    await this.messages.ask(Users.createFirstAdmin, { ...admin, password }, { tenantId });
  }

  private async activate({ operationId, tenantId }: TenantJob): Promise<void> {
    await this.transitions.ensure(tenantId, {
      to: 'active',
      from: ['provisioning'],
      reason: null,
      ends: operationId,
    });
  }

  /**
   * The row stays, to tell what happened and to try again with. It is failed before anything is dropped: from then on no other process, that
   * has slept over its end, can make it active.
   */
  private makeUndone(job: TenantJob): Promise<void> {
    return this.cluster.alone(job, ['provisioning', 'failed'], async (cluster, { id, database, role }) => {
      await this.transitions.ensure(id, { to: 'failed', reason: 'provisioning failed and was undone' });
      await dropTenant(cluster, database, role);
      await this.tenants.forgetPassword(id);
    });
  }
}
