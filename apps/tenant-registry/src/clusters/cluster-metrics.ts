import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LOG, type Log, Metrics } from '@tenantry/service-kit';
import { Repository } from 'typeorm';
import { Cluster } from './cluster.entity.js';

const readEveryMs = 30_000;

/** Shows how many connections each cluster has for the services, so that an alert can hold the sum of their budgets against it. */
@Injectable()
export class ClusterMetrics implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly connections;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @InjectRepository(Cluster) private readonly clusters: Repository<Cluster>,
    @Inject(LOG) private readonly log: Log,
    @Inject(Metrics) metrics: Metrics,
  ) {
    this.connections = metrics.gauge(
      'tenantry_cluster_connections',
      'Connections of a cluster that all services together may have: its maximum less its reserve.',
      ['cluster'],
    );
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.read();
    this.timer = setInterval(() => void this.read(), readEveryMs);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async read(): Promise<void> {
    try {
      const clusters = await this.clusters.find();
      this.connections.reset();
      for (const { host, port, maxConnections, reserve } of clusters)
        this.connections.set({ cluster: `${host}:${port}` }, maxConnections - reserve);
    } catch (err) {
      this.log.warn({ err }, 'the clusters cannot be read; their last figures stay');
    }
  }
}
