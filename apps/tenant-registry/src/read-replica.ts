import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { CONFIG, LOG, type Log, Metrics } from '@tenantry/service-kit';
import { DataSource, type DataSourceOptions, type EntityManager } from 'typeorm';

import type { RegistryConfig } from './config.js';
import { ReplicaLag } from './replica-lag.js';

const lookEveryMs = 1000;
/** Less than half of a request's deadline: the primary has the rest. */
const withinMs = 2000;

/** `none`: there is none to read from. Of the others only `in-use` is read. */
export type ReplicaState = 'none' | 'in-use' | 'behind' | 'away';

/**
 * Where lists are read: from the registry's replica while that keeps up, else from the primary.
 *
 * Invariant: what a decision is made on is never read here, since a replica tells what was true a moment ago. While the primary is away the
 * last verdict stands, so that lists go on.
 */
@Injectable()
export class ReadReplica implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly replica: DataSource | undefined;
  private readonly lag: ReplicaLag;
  private timer: NodeJS.Timeout | undefined;
  private found: ReplicaState;
  private isSaid = false;

  constructor(
    @InjectDataSource() private readonly primary: DataSource,
    @Inject(CONFIG) { REGISTRY_REPLICA_URL, REGISTRY_REPLICA_MAX_LAG_SECONDS }: ReplicaConfig,
    @Inject(LOG) private readonly log: Log,
    @Inject(Metrics) metrics: Pick<Metrics, 'gauge' | 'onScrape'>,
  ) {
    this.replica = REGISTRY_REPLICA_URL ? replicaOf(primary, REGISTRY_REPLICA_URL) : undefined;
    this.found = this.replica ? 'away' : 'none';
    this.lag = new ReplicaLag(REGISTRY_REPLICA_MAX_LAG_SECONDS * 1000);
    this.show(metrics);
  }

  /** What was found at the last look, at most a second or so ago. */
  get state(): ReplicaState {
    return this.found;
  }

  /** How old the newest thing is that the replica has not yet heard of; 0 where it has heard of all. */
  get lagSeconds(): number {
    return this.lag.milliseconds / 1000;
  }

  /** @param work reads only. Done again on the primary where the replica fails. */
  async read<Result>(work: (from: EntityManager) => Promise<Result>): Promise<Result> {
    if (this.found !== 'in-use') return work(this.primary.manager);
    try {
      return await work(this.replica!.manager);
    } catch (err) {
      this.find('away', err);
      return work(this.primary.manager);
    }
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.replica) return;
    await this.look();
    this.timer = setTimeout(() => void this.lookAgain(), lookEveryMs).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.replica?.isInitialized) await this.replica.destroy();
  }

  private async lookAgain(): Promise<void> {
    await this.look();
    if (this.timer) this.timer = setTimeout(() => void this.lookAgain(), lookEveryMs).unref();
  }

  private async look(): Promise<void> {
    const written = await this.primary
      .query<{ position: string }[]>(`SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS position`)
      .catch(() => undefined);
    if (written) this.lag.wrote(BigInt(written[0]!.position));
    try {
      if (!this.replica!.isInitialized) await this.replica!.initialize();
      const [row] = await this.replica!.query<{ is_replica: boolean; position: string | null }[]>(
        `SELECT pg_is_in_recovery() AS is_replica, pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0') AS position`,
      );
      // A server that is promoted goes its own way, and one that never followed knows no position.
      if (!row?.is_replica || row.position === null) return this.find('away', 'it is no replica');
      this.lag.replayed(BigInt(row.position));
      if (written) this.find(this.lag.isTooMuch ? 'behind' : 'in-use');
    } catch (err) {
      this.find('away', err);
    }
  }

  /** Says once what has become of it. */
  private find(state: ReplicaState, err?: unknown): void {
    if (state === this.found && this.isSaid) return;
    this.found = state;
    this.isSaid = true;
    const { lagSeconds } = this;
    if (state === 'in-use') this.log.info({ lagSeconds }, "lists are read from the registry's replica");
    else
      this.log.warn({ err, state, lagSeconds }, "the registry's replica cannot be read from; the primary is instead");
  }

  private show(metrics: Pick<Metrics, 'gauge' | 'onScrape'>): void {
    const inUse = metrics.gauge(
      'tenantry_registry_replica_in_use',
      "1 where lists are read from the registry's replica.",
    );
    const lag = metrics.gauge('tenantry_registry_replica_lag_seconds', 'Age of what the replica has not yet heard of.');
    // Without a replica both are names without a value: nobody is woken for what is not there.
    for (const gauge of [inUse, lag]) gauge.remove();
    if (!this.replica) return;
    metrics.onScrape(() => {
      inUse.set(this.found === 'in-use' ? 1 : 0);
      lag.set(this.lagSeconds);
    });
  }
}

type ReplicaConfig = Pick<RegistryConfig, 'REGISTRY_REPLICA_URL' | 'REGISTRY_REPLICA_MAX_LAG_SECONDS'>;

/** Knows the same entities; gives up sooner, since there is somebody else to ask. */
const replicaOf = (primary: DataSource, url: string): DataSource =>
  new DataSource({
    ...(primary.options as DataSourceOptions & { type: 'postgres' }),
    url,
    poolSize: 5,
    extra: {
      ...(primary.options as { extra?: object }).extra,
      connectionTimeoutMillis: 1000,
      statement_timeout: withinMs,
      query_timeout: withinMs,
    },
  });
