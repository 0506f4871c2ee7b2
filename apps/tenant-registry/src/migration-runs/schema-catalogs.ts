import { Inject, Injectable } from '@nestjs/common';
import { catalogOfVersion } from '@tenantry/tenant-schema';
import { ClusterAccess } from '../provisioning/cluster-access.js';

/**
 * What a database of each version has, read once a cluster from one that was made for it: releases of PostgreSQL word the same table
 * differently.
 */
@Injectable()
export class SchemaCatalogs {
  private readonly read = new Map<string, Promise<readonly string[]>>();

  constructor(@Inject(ClusterAccess) private readonly clusters: Pick<ClusterAccess, 'open'>) {}

  get(clusterId: string, version: number): Promise<readonly string[]> {
    const key = `${clusterId} ${version}`;
    const catalog = this.read.get(key) ?? this.make(clusterId, version);
    this.read.set(key, catalog);
    // Nobody is to be told of what somebody else met.
    catalog.catch(() => this.read.delete(key));
    return catalog;
  }

  private async make(clusterId: string, version: number): Promise<readonly string[]> {
    return (await this.clusters.open(clusterId)).onItsOwn((cluster) => catalogOfVersion(cluster, version));
  }
}
