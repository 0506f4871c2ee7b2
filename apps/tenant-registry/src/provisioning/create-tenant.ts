import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Users } from '@tenantry/contracts';
import { Messages } from '@tenantry/service-kit';
import { dropTenant, ensureTenantDatabase, ensureTenantRole, schemaVersion } from '@tenantry/tenant-schema';
import { Transitions } from '../lifecycle/transitions.js';
import type { LongAction, Step, TenantJob } from '../operations/long-action.js';
import { adminPassword, databasePassword, Secrets } from '../secrets.js';
import { TenantsRepository } from '../tenants/tenants.repository.js';
import { TenantCluster } from './tenant-cluster.js';

/** The birth of a tenant, from a reserved place to its first login. What cannot be finished leaves nothing but the row, and its slug free. */
@Injectable()
export class CreateTenant implements LongAction {
  readonly kind = 'create-tenant';
  readonly opening = 'reserve';
  readonly steps: readonly Step[] = [
    { name: 'credentials', work: (job) => this.makeCredentials(job) },
    { name: 'role', work: (job) => this.makeRole(job) },
    { name: 'database', work: (job) => this.makeDatabase(job) },
    { name: 'first-admin', work: (job) => this.makeFirstAdmin(job) },
    { name: 'activate', work: (job) => this.activate(job) },
  ];
  readonly undo: Step = { name: 'undo', work: (job) => this.makeUndone(job) };

  constructor(
    private readonly tenants: TenantsRepository,
    private readonly cluster: TenantCluster,
    private readonly transitions: Transitions,
    private readonly secrets: Secrets,
    @Inject(Messages) private readonly messages: Messages,
  ) {}

  /** The password is stored before the role has it, so that a crash in between loses nothing. */
  private async makeCredentials({ tenantId }: TenantJob): Promise<void> {
    const { sealedPassword } = await this.tenants.get(tenantId);
    if (sealedPassword) return;
    const key = await this.tenants.getDataKey(tenantId);
    const password = randomBytes(32).toString('base64url');
    await this.tenants.update(tenantId, {
      sealedPassword: this.secrets.seal(password, databasePassword(tenantId), key),
    });
  }

  private async makeRole(job: TenantJob): Promise<void> {
    await this.cluster.prepare(job);
    await this.cluster.alone(job, ['provisioning'], (cluster, { id, role, sealedPassword }) =>
      ensureTenantRole(cluster, role, this.secrets.open(sealedPassword ?? '', databasePassword(id))),
    );
  }

  private makeDatabase(job: TenantJob): Promise<void> {
    return this.cluster.alone(job, ['provisioning'], async (cluster, { id, database, role }) => {
      await ensureTenantDatabase(cluster, database, role);
      await this.tenants.update(id, { schemaVersion });
    });
  }

  private async makeFirstAdmin({ tenantId }: TenantJob): Promise<void> {
    const { sealedPassword, ...admin } = await this.tenants.getFirstAdmin(tenantId);
    const password = this.secrets.open(sealedPassword, adminPassword(tenantId));
    await this.messages.ask(Users.createFirstAdmin, { ...admin, password }, { tenantId });
  }

  private async activate({ tenantId }: TenantJob): Promise<void> {
    await this.transitions.ensure(tenantId, {
      to: 'active',
      from: ['provisioning'],
      reason: null,
      beside: (manager) => manager.query('UPDATE tenants SET first_admin = NULL WHERE id = $1', [tenantId]),
    });
  }

  /** The row stays, to tell what happened and to try again with. */
  private makeUndone(job: TenantJob): Promise<void> {
    return this.cluster.alone(job, ['provisioning', 'failed'], async (cluster, { id, database, role }) => {
      await dropTenant(cluster, database, role);
      await this.tenants.update(id, { sealedPassword: null });
      await this.transitions.ensure(id, { to: 'failed', reason: 'provisioning failed and was undone' });
    });
  }
}
