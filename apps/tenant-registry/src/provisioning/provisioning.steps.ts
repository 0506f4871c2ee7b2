import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type FirstAdmin, Users } from '@tenantry/contracts';
import { Messages } from '@tenantry/service-kit';
import { dropTenant, ensureTenantDatabase, ensureTenantRole, schemaVersion } from '@tenantry/tenant-schema';
import { adminPassword, databasePassword, Secrets } from '../secrets.js';
import { TenantNotices } from '../tenant-notices.js';
import { TenantsRepository } from '../tenants.repository.js';
import { ClusterAccess } from './cluster-access.js';

/** The first admin as it is kept until it is made: the password sealed, for the workflow's input is stored. */
export type SealedAdmin = Omit<FirstAdmin, 'password'> & { readonly sealedPassword: string };

/** The steps of a tenant's birth. Each may run again after a crash, and then finds what it has done before. */
@Injectable()
export class ProvisioningSteps {
  constructor(
    private readonly tenants: TenantsRepository,
    private readonly clusters: ClusterAccess,
    private readonly notices: TenantNotices,
    @Inject(Messages) private readonly messages: Messages,
    private readonly secrets: Secrets,
  ) {}

  /** What the workflow remembers of the first admin. */
  sealAdmin(tenantId: string, { password, ...admin }: FirstAdmin): SealedAdmin {
    return { ...admin, sealedPassword: this.secrets.seal(password, adminPassword(tenantId)) };
  }

  /** The password is stored before the role has it, so that a crash in between loses nothing. */
  async makeCredentials(tenantId: string): Promise<void> {
    const { sealedPassword } = await this.tenants.get(tenantId);
    if (sealedPassword) return;
    const password = randomBytes(32).toString('base64url');
    await this.tenants.update(tenantId, {
      sealedPassword: this.secrets.seal(password, databasePassword(tenantId)),
    });
  }

  async makeRole(tenantId: string): Promise<void> {
    const { role, sealedPassword, cluster } = await this.tenants.get(tenantId);
    const provisioner = await this.clusters.open(cluster.id);
    await provisioner.prepare();
    const password = this.secrets.open(sealedPassword ?? '', databasePassword(tenantId));
    await ensureTenantRole(provisioner.admin, role, password);
  }

  async makeDatabase(tenantId: string): Promise<void> {
    const { database, role, cluster } = await this.tenants.get(tenantId);
    const { admin } = await this.clusters.open(cluster.id);
    await ensureTenantDatabase(admin, database, role);
    await this.tenants.update(tenantId, { schemaVersion });
  }

  async makeFirstAdmin(tenantId: string, { sealedPassword, ...admin }: SealedAdmin): Promise<void> {
    const password = this.secrets.open(sealedPassword, adminPassword(tenantId));
    await this.messages.ask(Users.createFirstAdmin, { ...admin, password }, { tenantId });
  }

  async activate(tenantId: string): Promise<void> {
    this.notices.say(await this.tenants.activate(tenantId));
  }

  /** Leaves nothing: no database, no role, and the slug free. The row stays, to tell what happened. */
  async undo(tenantId: string): Promise<void> {
    const { database, role, cluster } = await this.tenants.get(tenantId);
    const { admin } = await this.clusters.open(cluster.id);
    await dropTenant(admin, database, role);
    const stateReason = 'provisioning failed and was undone';
    this.notices.say(await this.tenants.update(tenantId, { state: 'failed', stateReason, sealedPassword: null }));
  }
}
