import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { preconditionFailed, ServiceError, wantedVersions } from '@tenantry/service-kit';
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

  /**
   * Changes a cluster in the version that was seen; of two at once one is refused.
   * @throws ServiceError `not-found`, `precondition-failed`, or what `decide` raises.
   */
  async change(id: string, decide: (before: Cluster) => Change): Promise<CountedCluster> {
    const before = await this.get(id);
    const { version } = before;
    const wanted = wantedVersions(id);
    if (wanted && !wanted.includes(version)) throw preconditionFailed();
    const change = { ...decide(before), version: version + 1, updatedAt: () => 'now()' };
    const { affected } = await this.clusters.update({ id, version }, change);
    if (!affected) throw preconditionFailed();
    return this.get(id);
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
