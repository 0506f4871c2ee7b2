import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { ServiceError } from '@tenantry/service-kit';
import { type EntityManager, Repository } from 'typeorm';
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

  /** Makes the cluster known under its name, or changes the one that has it: for the one this process was started with. */
  register({ provisioner, ...wish }: ClusterWish): Promise<Cluster> {
    return this.clusters.manager.transaction(async (manager) => {
      await manager.withRepository(this.clusters).upsert(wish, ['name']);
      return this.sealInto(manager, wish.name, provisioner);
    });
  }

  /**
   * Makes a further cluster known.
   * @throws ServiceError `conflict` where its name or its server is known already.
   */
  insert({ provisioner, ...wish }: ClusterWish): Promise<Cluster> {
    return this.clusters.manager.transaction(async (manager) => {
      // One at a time, or of two neither would see the other.
      await manager.query('LOCK TABLE clusters IN SHARE ROW EXCLUSIVE MODE');
      await this.refuseKnown(wish, manager);
      await manager.withRepository(this.clusters).insert(wish);
      return this.sealInto(manager, wish.name, provisioner);
    });
  }

  /** @throws ServiceError `conflict` where the name is taken, or the server has one: its capacity would count twice. */
  async refuseKnown(
    { name, host, port }: Pick<ClusterWish, 'name' | 'host' | 'port'>,
    manager = this.clusters.manager,
  ): Promise<void> {
    const [known] = await manager
      .withRepository(this.clusters)
      .createQueryBuilder('cluster')
      .where('cluster.name = :name', { name })
      .orWhere('(lower(cluster.host) = lower(:host) AND cluster.port = :port)', { host, port })
      .getMany();
    if (!known) return;
    if (known.name === name) throw new ServiceError('conflict', `Another cluster is named '${name}'.`);
    throw isCluster(known.name);
  }

  /**
   * Whatever its host is called here.
   * @throws ServiceError `conflict` where one of these databases is a tenant's: the server that has them is a cluster already.
   */
  async refuseHome(databases: readonly string[]): Promise<void> {
    const [home] = await this.clusters.query<{ name: string }[]>(
      'SELECT c.name FROM clusters c JOIN tenants t ON t.cluster_id = c.id WHERE t.db_name = ANY ($1) LIMIT 1',
      [databases],
    );
    if (home) throw isCluster(home.name);
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

  private async sealInto(manager: EntityManager, name: string, provisioner: string): Promise<Cluster> {
    const clusters = manager.withRepository(this.clusters);
    const { id } = await clusters.findOneByOrFail({ name });
    await clusters.update(id, { sealedProvisioner: await this.secrets.seal(provisioner, provisionerUrl(id)) });
    return clusters.findOneByOrFail({ id });
  }
}

const isCluster = (name: string): ServiceError =>
  new ServiceError('conflict', `This server is the cluster '${name}' already.`);
