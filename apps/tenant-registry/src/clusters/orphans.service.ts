import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Orphans } from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';
import { DataSource } from 'typeorm';
import { ClusterAccess } from '../provisioning/cluster-access.js';
import { gone } from '../tenants/tenants.repository.js';
import { ClusterCensus } from './cluster-census.js';

/** `t_` and a tenant's id, as births name them; the second login role ends in `_b`. */
const present = `
  SELECT 'database' AS kind, datname AS name FROM pg_database WHERE datname ~ '^t_[0-9a-f]{32}'
  UNION ALL SELECT 'role', rolname FROM pg_roles WHERE rolname ~ '^t_[0-9a-f]{32}'
  ORDER BY kind, name`;

/**
 * Of every tenant, wherever it lives: what is listed here somebody removes, and two clusters may turn out to be one server under two names. One
 * that is gone has left nothing.
 */
const owned = `
  SELECT db_name AS database, db_user AS role, next_db_user AS next, old_db_user AS old FROM tenants
  WHERE state <> ALL ($1)`;

type Owned = Readonly<Record<'database' | 'role' | 'next' | 'old', string | null>>;

/** What clusters have that is no tenant's. */
@Injectable()
export class OrphansService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly census: ClusterCensus,
    private readonly access: ClusterAccess,
  ) {}

  /** @throws ServiceError `not-found`, `service-unavailable` when the cluster is away. */
  async list(clusterId: string): Promise<Orphans> {
    await this.census.get(clusterId);
    // In this order: whoever is born meanwhile stands in the registry before anything is made.
    const found = await this.presentOn(clusterId);
    const rows = await this.database.query<Owned[]>(owned, [gone]);
    const databases = new Set(rows.map(({ database }) => database));
    const roles = new Set(rows.flatMap(({ role, next, old }) => [role, next, old]));
    return { data: found.filter(({ kind, name }) => !(kind === 'database' ? databases : roles).has(name)) };
  }

  private async presentOn(clusterId: string): Promise<Orphans['data']> {
    const { admin } = await this.access.open(clusterId);
    try {
      const { rows } = await admin.query(present);
      return rows.map(({ kind, name }) => ({ kind: kind === 'database' ? kind : 'role', name: String(name) }));
    } catch (cause) {
      throw new ServiceError('service-unavailable', 'The cluster cannot be asked at the moment.', { cause });
    }
  }
}
