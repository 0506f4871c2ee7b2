import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { ServiceError } from '@tenantry/service-kit';
import { Repository } from 'typeorm';
import { Cluster } from './cluster.entity.js';
import { provisionerUrl, Secrets } from '../secrets.js';

/** A cluster as it is made known; what is left out keeps its value, or gets the table's. */
export interface ClusterWish extends Partial<Pick<Cluster, 'maxConnections' | 'reserve' | 'maxTenants' | 'labels'>> {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Of an account that may create roles and databases, on the cluster's `postgres` database. */
  readonly provisioner: string;
}

/** The clusters table. */
@Injectable()
export class ClustersRepository {
  constructor(
    @InjectRepository(Cluster) private readonly clusters: Repository<Cluster>,
    private readonly secrets: Secrets,
  ) {}

  /** Makes the cluster known under its name, or changes the one that has it. */
  register({ provisioner, ...wish }: ClusterWish): Promise<Cluster> {
    return this.clusters.manager.transaction(async (manager) => {
      const clusters = manager.withRepository(this.clusters);
      await clusters.upsert(wish, ['name']);
      const { id } = await clusters.findOneByOrFail({ name: wish.name });
      await clusters.update(id, { sealedProvisioner: this.secrets.seal(provisioner, provisionerUrl(id)) });
      return clusters.findOneByOrFail({ id });
    });
  }

  findByName(name: string): Promise<Cluster | null> {
    return this.clusters.findOneBy({ name });
  }

  /**
   * The sealed way into a cluster.
   * @throws ServiceError `service-unavailable` where the registry was not told of one.
   */
  async getProvisioner(id: string): Promise<string> {
    const row = await this.clusters.findOne({ where: { id }, select: { id: true, sealedProvisioner: true } });
    if (!row?.sealedProvisioner)
      throw new ServiceError('service-unavailable', 'The registry has no way into this cluster.');
    return row.sealedProvisioner;
  }
}
