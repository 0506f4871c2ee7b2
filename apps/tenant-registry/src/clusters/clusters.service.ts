import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { CONFIG } from '@tenantry/service-kit';
import { ClustersRepository } from './clusters.repository.js';
import type { RegistryConfig } from '../config.js';

/** The clusters tenants can be placed on. */
@Injectable()
export class ClustersService implements OnApplicationBootstrap {
  constructor(
    private readonly clusters: ClustersRepository,
    @Inject(CONFIG) private readonly config: RegistryConfig,
  ) {}

  /** The first cluster is the one whose provisioner this process was started with. */
  async onApplicationBootstrap(): Promise<void> {
    const { PROVISIONER_URL: provisioner } = this.config;
    const { hostname: host, port } = new URL(provisioner);
    await this.clusters.register({ name: 'main', host, port: Number(port || 5432), provisioner });
  }
}
