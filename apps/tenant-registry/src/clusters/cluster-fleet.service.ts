import { Inject, Injectable } from '@nestjs/common';
import { type AnswerOf, type Cluster, Clusters, type ParsedRequestOf, type ReplyOf } from '@tenantry/contracts';
import { LOG, type Log, ServiceError } from '@tenantry/service-kit';
import { ClustersRepository } from './clusters.repository.js';
import { definedOf } from '../defined.js';
import { mergePatch } from '../merge-patch.js';
import { Pages } from '../pages.js';
import { Provisioner } from '../provisioning/provisioner.js';
import { ClusterCensus, type CountedCluster } from './cluster-census.js';

const toCluster = (row: CountedCluster): Cluster => {
  const { id, name, host, port, maxConnections, reserve, maxTenants, state, labels } = row;
  const { tenants, createdAt, updatedAt } = row;
  return {
    ...{ id, name, host, port, maxConnections, reserve, maxTenants, state, labels },
    tenants,
    createdAt,
    updatedAt,
  };
};

const toAnswer = (row: CountedCluster) => ({ ...toCluster(row), version: row.version });

/** Kept for administrators unless the operator says otherwise; as the table has it. */
const usualReserve = 10;

/** The clusters as operators see and change them. */
@Injectable()
export class ClusterFleetService {
  constructor(
    private readonly census: ClusterCensus,
    private readonly clusters: ClustersRepository,
    private readonly pages: Pages,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** @throws ServiceError `invalid-cursor` */
  async list(request: ParsedRequestOf<typeof Clusters.list>): Promise<ReplyOf<typeof Clusters.list>> {
    const { data, nextCursor } = await this.pages.read(Clusters.list, request, (limit, before, from) =>
      this.census.findPage(limit, before, from),
    );
    return { data: data.map(toCluster), nextCursor };
  }

  /** @throws ServiceError `not-found` */
  async get(id: string): Promise<AnswerOf<typeof Clusters.get>> {
    return toAnswer(await this.census.get(id));
  }

  /**
   * Makes a cluster ready for tenants and known. Nothing is kept of one that cannot be used.
   * @throws ServiceError `conflict` for a name or a server in use, `validation` for a way in that leads nowhere, or when all its
   *   connections would be reserved.
   */
  async register(request: ParsedRequestOf<typeof Clusters.register>): Promise<Cluster> {
    const { provisionerUrl: provisioner, host, port, ...wish } = request;
    const url = new URL(provisioner);
    const place = { host: host ?? url.hostname, port: port ?? Number(url.port || 5432) };
    // Asked before anything is done there, and once more with nobody between when it is written down.
    await this.clusters.refuseKnown({ name: wish.name, ...place });
    await this.clusters.refuseHome(await this.on(provisioner, (server) => server.readTenantDatabases()));
    const most = await this.on(provisioner, makeReady);
    const { name, reserve = usualReserve, maxConnections = most, ...rest } = wish;
    if (reserve >= maxConnections) throw tooMuchReserved();
    const capacity = { maxConnections, reserve };
    const { id } = await this.clusters.insert({ ...definedOf(rest), ...capacity, name, ...place, provisioner });
    return toCluster(await this.census.get(id));
  }

  /** @throws ServiceError `not-found`, `precondition-failed`, `validation` when all its connections would be reserved. */
  async update(request: ParsedRequestOf<typeof Clusters.update>): Promise<AnswerOf<typeof Clusters.update>> {
    const { id, labels, ...change } = request;
    const row = await this.census.change(id, (before) => {
      const { maxConnections, reserve } = { ...before, ...definedOf(change) };
      if (reserve >= maxConnections) throw tooMuchReserved();
      return { ...definedOf(change), ...(labels === undefined ? {} : { labels: mergePatch(before.labels, labels) }) };
    });
    return toAnswer(row);
  }

  /** @throws ServiceError `validation` where the way in leads to nothing that can be worked with. */
  private async on<Result>(url: string, work: (server: Provisioner) => Promise<Result>): Promise<Result> {
    const provisioner = new Provisioner(url, this.log);
    try {
      return await work(provisioner);
    } catch (cause) {
      const message = 'must lead to a database server that can be made ready for tenants';
      const errors = [{ pointer: '/provisionerUrl', code: 'unusable', message }];
      // The cause names hosts: it stands in the log.
      this.log.warn({ err: cause }, 'a cluster could not be made ready');
      throw new ServiceError('validation', 'The cluster cannot be used.', { errors, cause });
    } finally {
      await provisioner.close();
    }
  }
}

/** Answers what the server holds at most: its capacity, unless the operator says another. */
async function makeReady(server: Provisioner): Promise<number> {
  await server.prepare();
  return server.readMaxConnections();
}

const tooMuchReserved = (): ServiceError =>
  new ServiceError('validation', 'No connection would be left for tenants.', {
    errors: [{ pointer: '/reserve', code: 'too-big', message: 'must be less than maxConnections' }],
  });
