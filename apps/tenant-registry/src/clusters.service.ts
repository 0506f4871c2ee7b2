import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ClusterAccess } from './provisioning/cluster-access.js';
import { TenantsRepository } from './tenants.repository.js';

/** The clusters tenants can be placed on: for now the one whose provisioner this process was given. */
@Injectable()
export class ClustersService implements OnApplicationBootstrap {
  constructor(
    private readonly tenants: TenantsRepository,
    private readonly access: ClusterAccess,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { host, port } = this.access.address;
    await this.tenants.putCluster('main', host, port);
  }
}
