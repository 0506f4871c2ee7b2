import { Injectable } from '@nestjs/common';
import type { TenantState } from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';
import type { SqlClient } from '@tenantry/tenant-schema';
import type { TenantJob } from '../operations/long-action.js';
import { type TenantAtWork, TenantsRepository } from '../tenants/tenants.repository.js';
import { ClusterAccess } from './cluster-access.js';

/**
 * A tenant's cluster, for the steps of long actions.
 *
 * Invariant: what is made or dropped for a tenant is so by one process at a time, and only while its operation is under way. A process
 * that was taken for dead, and wakes up in the middle of a step, finds the operation ended and changes nothing; while it holds the lock,
 * whoever took over waits.
 */
@Injectable()
export class TenantCluster {
  constructor(
    private readonly tenants: TenantsRepository,
    private readonly clusters: ClusterAccess,
  ) {}

  /**
   * @param states in which the work makes sense.
   * @param ready whether the cluster is made ready for tenants first, where it is not.
   * @throws ServiceError `conflict` where it makes none, or is somebody else's by now.
   */
  async alone(
    job: TenantJob,
    states: readonly TenantState[],
    work: (cluster: SqlClient, tenant: TenantAtWork) => Promise<void>,
    { ready = false } = {},
  ): Promise<void> {
    const { clusterId, database } = await this.tenants.locate(job.tenantId);
    const provisioner = await this.clusters.open(clusterId);
    if (ready) await provisioner.prepare();
    await provisioner.alone(database, async (session) => {
      const tenant = await this.tenants.findAtWork(job, states);
      if (!tenant) throw new ServiceError('conflict', 'This is not to be done any more.');
      await work(session, tenant);
    });
  }
}
