import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { CONFIG, LOG, type Log } from '@tenantry/service-kit';
import type { RegistryConfig } from '../config.js';
import { Provisioner } from '../provisioning/provisioner.js';
import { ClustersRepository } from './clusters.repository.js';

const name = 'main';

/** The clusters tenants can be placed on. */
@Injectable()
export class ClustersService implements OnApplicationBootstrap {
  constructor(
    private readonly clusters: ClustersRepository,
    @Inject(CONFIG) private readonly config: RegistryConfig,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** The first cluster is the one whose provisioner this process was started with; its capacity is what it had when it was first seen. */
  async onApplicationBootstrap(): Promise<void> {
    const { PROVISIONER_URL: provisioner } = this.config;
    const { hostname: host, port } = new URL(provisioner);
    const capacity = (await this.clusters.findByName(name)) ? {} : await this.readCapacity(provisioner);
    await this.clusters.register({ name, host, port: Number(port || 5432), provisioner, ...capacity });
  }

  /** Nothing where the server is away, since the registry starts without it: an operator has to say it then. */
  private async readCapacity(url: string): Promise<{ maxConnections?: number }> {
    const provisioner = new Provisioner(url, this.log);
    try {
      return { maxConnections: await provisioner.readMaxConnections() };
    } catch (err) {
      this.log.warn(
        { err },
        'the first cluster does not say how many connections it has; the registry takes it for 100',
      );
      return {};
    } finally {
      await provisioner.close();
    }
  }
}
