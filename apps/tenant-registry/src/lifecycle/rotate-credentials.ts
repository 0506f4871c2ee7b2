import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { TenantState } from '@tenantry/contracts';
import { CONFIG, dataKeyVersion } from '@tenantry/service-kit';
import { dropTenantRole, ensureTenantRole, openDatabaseTo } from '@tenantry/tenant-schema';
import pg from 'pg';
import type { RegistryConfig } from '../config.js';
import type { LongAction, Step, TenantJob } from '../operations/long-action.js';
import { TenantCluster } from '../provisioning/tenant-cluster.js';
import { databasePassword, Secrets } from '../secrets.js';
import { TenantNotices } from '../tenants/tenant-notices.js';
import { CredentialsRepository } from './credentials.repository.js';

export const rotateCredentials = 'rotate-credentials';
/** States in which a tenant has credentials that somebody may use. */
export const withCredentials: readonly TenantState[] = ['active', 'suspended', 'maintenance'];

/** Each tenant has two names for its login role, of which one is in use: a second role lets in before the first one stops doing so. */
export const otherName = (role: string): string => (role.endsWith('_b') ? role.slice(0, -2) : `${role}_b`);

/**
 * New credentials for a tenant's database. A second role with a password of its own is made and tried; the registry tells everybody to use
 * it from now on; when those who have not heard in time must have, the first one is removed. At no moment are there no credentials that work.
 */
@Injectable()
export class RotateCredentials implements LongAction {
  readonly kind = rotateCredentials;
  readonly steps: readonly Step[] = [
    { name: 'credentials', work: (job) => this.makeCredentials(job) },
    { name: 'role', work: (job) => this.makeRole(job) },
    { name: 'try', work: (job) => this.tryThem(job) },
    { name: 'switch', work: (job) => this.switchOver(job) },
    { name: 'overlap', work: () => this.overlap() },
    { name: 'retire', work: (job) => this.retire(job), untilDone: true },
  ];
  readonly undo: Step = { name: 'undo', work: (job) => this.makeUndone(job) };

  constructor(
    private readonly credentials: CredentialsRepository,
    private readonly cluster: TenantCluster,
    private readonly secrets: Secrets,
    @Inject(TenantNotices) private readonly notices: Pick<TenantNotices, 'say'>,
    @Inject(CONFIG) private readonly config: Pick<RegistryConfig, 'ROTATION_OVERLAP_SECONDS'>,
  ) {}

  private async makeCredentials(job: TenantJob): Promise<void> {
    const { tenantId } = job;
    const { role, dataKey, nextRole } = await this.credentials.get(tenantId);
    if (nextRole) return;
    const key = await this.secrets.newKey(tenantId, dataKey ? dataKeyVersion(dataKey) + 1 : 1);
    const password = randomBytes(32).toString('base64url');
    const sealedPassword = await this.secrets.seal(password, databasePassword(tenantId), key);
    await this.credentials.prepare(job, role, { role: otherName(role), sealedPassword });
  }

  private makeRole(job: TenantJob): Promise<void> {
    return this.cluster.alone(job, withCredentials, async (cluster, { id, database }) => {
      const { role, password } = await this.next(id);
      await ensureTenantRole(cluster, role, password);
      await openDatabaseTo(cluster, database, role);
    });
  }

  /** As a service will: nobody is told of credentials that do not let in. */
  private async tryThem({ tenantId }: TenantJob): Promise<void> {
    const { role: user, password } = await this.next(tenantId);
    const { host, port, database } = await this.credentials.get(tenantId);
    const limits = { connectionTimeoutMillis: 3000, query_timeout: 5000, keepAlive: true };
    const client = new pg.Client({ host, port, database, user, password, ...limits });
    // Its end is what the query hears.
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('SELECT 1 FROM users LIMIT 1');
    } finally {
      await client.end();
    }
  }

  private async switchOver(job: TenantJob): Promise<void> {
    this.notices.say(await this.credentials.switchOver(job));
  }

  private retire(job: TenantJob): Promise<void> {
    return this.cluster.alone(job, withCredentials, async (cluster, { id, database }) => {
      const { oldRole } = await this.credentials.get(id);
      if (oldRole) await dropTenantRole(cluster, database, oldRole);
      await this.credentials.forgetOld(job);
    });
  }

  /** Forgotten before it is dropped: from then on no other process, that has slept over its end, can switch to it. */
  private async makeUndone(job: TenantJob): Promise<void> {
    await this.cluster.alone(job, withCredentials, async (cluster, { id, database }) => {
      await this.credentials.forgetNext(job);
      const { role, oldRole } = await this.credentials.get(id);
      if (oldRole === null) await dropTenantRole(cluster, database, otherName(role));
    });
    // Where the switch is done there is no way back: what is left to do is done.
    const { oldRole } = await this.credentials.get(job.tenantId);
    if (oldRole === null) return;
    await this.overlap();
    await this.retire(job);
  }

  private async overlap(): Promise<void> {
    await sleep(this.config.ROTATION_OVERLAP_SECONDS * 1000);
  }

  private async next(tenantId: string): Promise<{ role: string; password: string }> {
    const { nextRole, nextPassword } = await this.credentials.get(tenantId);
    if (!nextRole || !nextPassword) throw new Error('the next credentials are not there');
    return { role: nextRole, password: await this.secrets.open(nextPassword, databasePassword(tenantId)) };
  }
}
