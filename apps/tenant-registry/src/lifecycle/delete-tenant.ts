import { Injectable } from '@nestjs/common';
import { dropTenant } from '@tenantry/tenant-schema';
import type { LongAction, Step, TenantJob } from '../operations/long-action.js';
import { TenantCluster } from '../provisioning/tenant-cluster.js';
import { otherName } from './rotate-credentials.js';
import { Transitions } from './transitions.js';

export const deleteTenant = 'delete-tenant';

/** The end of an archived tenant whose grace period has passed, or of one that failed: its database, its role and its secrets are no more. */
@Injectable()
export class DeleteTenant implements LongAction {
  readonly kind = deleteTenant;
  readonly steps: readonly Step[] = [
    { name: 'drop', work: (job) => this.drop(job), untilDone: true },
    { name: 'purge', work: (job) => this.purge(job), untilDone: true, isEnd: true },
  ];

  constructor(
    private readonly cluster: TenantCluster,
    private readonly transitions: Transitions,
  ) {}

  private drop(job: TenantJob): Promise<void> {
    return this.cluster.alone(job, ['archived', 'failed'], (cluster, { database, role }) =>
      // Both names there are: of a rotation that was never finished the other one may be there, too.
      dropTenant(cluster, database, role, otherName(role)),
    );
  }

  private async purge({ operationId, tenantId }: TenantJob): Promise<void> {
    await this.transitions.ensure(tenantId, {
      to: 'purged',
      reason: null,
      ends: operationId,
      beside: (manager) =>
        manager.query('UPDATE tenants SET db_password = NULL, data_key = NULL, first_admin = NULL WHERE id = $1', [
          tenantId,
        ]),
    });
  }
}
