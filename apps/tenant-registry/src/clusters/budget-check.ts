import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type InstancePools, Surveys } from '@tenantry/contracts';
import { askInstances, LOG, type Log, Nats } from '@tenantry/service-kit';
import { Repository } from 'typeorm';
import { Cluster } from './cluster.entity.js';

const checkEveryMs = 30_000;

type Capacity = Pick<Cluster, 'host' | 'port' | 'maxConnections' | 'reserve'>;
type Share = Pick<InstancePools, 'service' | 'budget'>;

/** A cluster that has fewer connections for the services than these may open together. */
export interface Overbooked {
  /** `host:port` */
  readonly cluster: string;
  readonly has: number;
  readonly wanted: number;
  /** Of `wanted`, by service. */
  readonly of: Readonly<Record<string, number>>;
}

/** Every instance may open its budget at every cluster, whether it has opened anything there yet or not. */
export function overbookedOf(clusters: readonly Capacity[], instances: readonly Share[]): Overbooked[] {
  const of: Record<string, number> = {};
  for (const { service, budget } of instances) of[service] = (of[service] ?? 0) + budget;
  const wanted = Object.values(of).reduce((sum, each) => sum + each, 0);
  return clusters
    .map(({ host, port, maxConnections, reserve }) => ({
      ...{ cluster: `${host}:${port}`, has: maxConnections - reserve },
      ...{ wanted, of },
    }))
    .filter(({ has }) => has < wanted);
}

/**
 * Warns where the instances that run could open more connections than a cluster has, before they do: from the start on, and within half a
 * minute after that of another instance. It refuses nothing: during a rollout there is one more, and work that waits is better than none.
 */
@Injectable()
export class BudgetCheck implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private said = '';

  constructor(
    @InjectRepository(Cluster) private readonly clusters: Repository<Cluster>,
    @Inject(Nats) private readonly nats: Nats,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    void this.check();
    this.timer = setInterval(() => void this.check(), checkEveryMs);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async check(): Promise<void> {
    try {
      const [clusters, instances] = await Promise.all([
        this.clusters.find(),
        askInstances(this.nats, this.log, Surveys.pools),
      ]);
      const overbooked = overbookedOf(clusters, instances);
      // Said when it becomes so or changes, not twice a minute.
      const now = JSON.stringify(overbooked);
      if (now !== this.said)
        for (const fields of overbooked)
          this.log.warn(
            fields,
            'the instances may open more connections than this cluster has: lower CONNECTION_BUDGET',
          );
      this.said = now;
    } catch (err) {
      this.log.warn({ err }, 'the budgets of the instances cannot be checked at the moment');
    }
  }
}
