import { Inject, Injectable } from '@nestjs/common';
import { modelOfVersion, type VersionModel } from '@tenantry/tenant-schema';
import { ClusterAccess } from '../provisioning/cluster-access.js';

/**
 * What a database of each version has, read once a cluster from one that was made for it: releases of PostgreSQL word the same table
 * differently.
 */
@Injectable()
export class SchemaCatalogs {
  private readonly read = new Map<string, Promise<VersionModel>>();

  constructor(@Inject(ClusterAccess) private readonly clusters: Pick<ClusterAccess, 'open'>) {}

  get(clusterId: string, version: number): Promise<VersionModel> {
    const key = `${clusterId} ${version}`;
    const model = this.read.get(key) ?? this.make(clusterId, version);
    this.read.set(key, model);
    // Nobody is to be told of what somebody else met.
    model.catch(() => this.read.delete(key));
    return model;
  }

  private async make(clusterId: string, version: number): Promise<VersionModel> {
    return (await this.clusters.open(clusterId)).onItsOwn((cluster) => modelOfVersion(cluster, version));
  }
}
