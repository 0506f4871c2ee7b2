import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LOG, type Log, Metrics } from '@tenantry/service-kit';
import { schemaVersion } from '@tenantry/tenant-schema';
import { DataSource } from 'typeorm';
import { migratable } from './plan.js';

const readEveryMs = 30_000;

interface Reading {
  readonly version: number;
  readonly tenants: number;
}

/** Shows which schema the databases of tenants have, so that an upgrade that has left some behind is seen before their people ask. */
@Injectable()
export class FleetMetrics implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly tenants;
  private readonly behind;
  private readonly paused;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(LOG) private readonly log: Log,
    @Inject(Metrics) metrics: Metrics,
  ) {
    this.tenants = metrics.gauge('tenantry_schema_tenants', 'Tenants in use, by the version of their schema.', [
      'version',
    ]);
    this.behind = metrics.gauge(
      'tenantry_schema_tenants_behind',
      'Tenants in use whose database has an older schema than new ones are born with.',
    );
    this.paused = metrics.gauge('tenantry_migration_runs_paused', 'Runs of migrations that wait for somebody.');
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
      const readings = await this.database.query<Reading[]>(
        'SELECT schema_version AS version, count(*)::int AS tenants FROM tenants WHERE state = ANY ($1) GROUP BY schema_version',
        [migratable],
      );
      const [runs] = await this.database.query<{ paused: number }[]>(
        `SELECT count(*)::int AS paused FROM migration_runs WHERE state = 'paused'`,
      );
      this.tenants.reset();
      for (const { version, tenants } of readings) this.tenants.set({ version: String(version) }, tenants);
      const older = readings.filter(({ version }) => version < schemaVersion);
      this.behind.set(older.reduce((sum, { tenants }) => sum + tenants, 0));
      this.paused.set(runs!.paused);
    } catch (err) {
      this.log.warn({ err }, 'the versions of the tenants cannot be read; their last figures stay');
    }
  }
}
