import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { ServiceError } from '@tenantry/service-kit';
import { type EntityManager, In, LessThan, Repository } from 'typeorm';
import { Cluster } from './cluster.entity.js';
import { gone } from '../tenants/tenants.repository.js';

/** A cluster, and how many tenants live there. */
export type CountedCluster = Cluster & { readonly tenants: number };
type Change = Partial<Pick<Cluster, 'state' | 'maxConnections' | 'reserve' | 'maxTenants' | 'labels'>>;

/** The clusters with who lives on them. */
@Injectable()
export class ClusterCensus {
  constructor(@InjectRepository(Cluster) private readonly clusters: Repository<Cluster>) {}

  /** Newest first; those older than `before` only. */
  async findPage(limit: number, before: string | undefined, from: EntityManager): Promise<CountedCluster[]> {
    const clusters = from.withRepository(this.clusters);
    const where = before ? { id: LessThan(before) } : {};
    return counted(clusters, await clusters.find({ where, order: { id: 'DESC' }, take: limit }));
  }

  /** @throws ServiceError `not-found` */
  async get(id: string): Promise<CountedCluster> {
    const [cluster] = await counted(this.clusters, await this.clusters.findBy({ id: In([id]) }));
    if (!cluster) throw new ServiceError('not-found', 'There is no such cluster.');
    return cluster;
  }

  async change(id: string, change: Change): Promise<void> {
    await this.clusters.update(id, { ...change, updatedAt: () => 'now()' });
  }
}

async function counted(from: Repository<Cluster>, clusters: Cluster[]): Promise<CountedCluster[]> {
  const rows = await from.query<{ id: string; tenants: string }[]>(
    `SELECT cluster_id AS id, count(*) AS tenants FROM tenants
     WHERE cluster_id = ANY ($1) AND state <> ALL ($2) GROUP BY cluster_id`,
    [clusters.map(({ id }) => id), gone],
  );
  const counts = new Map(rows.map(({ id, tenants }) => [id, Number(tenants)]));
  return clusters.map((cluster) => ({ ...cluster, tenants: counts.get(cluster.id) ?? 0 }));
}
