import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { ServiceError } from '@tenantry/service-kit';
import { DataSource, QueryFailedError } from 'typeorm';
import { gone } from '../tenants.repository.js';

/** What is asked for when a tenant's place is reserved. */
export interface Reservation {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly plan: string;
  /** The name of the cluster it must be on; the emptiest if none is named. */
  readonly cluster?: string | undefined;
}

/** One number for "somebody looks for a place", for advisory locks in the central database. */
const placementLock = 0x706c6163;
const uniqueViolation = '23505';

/** Emptiest: the smallest share of its places taken. */
const placement = `
  WITH place AS (
    SELECT c.id FROM clusters c LEFT JOIN tenants t ON t.cluster_id = c.id AND t.state <> ALL ($6)
    WHERE c.state = 'open' AND c.provisioner_url IS NOT NULL AND ($7::text IS NULL OR c.name = $7)
    GROUP BY c.id HAVING count(t.id) < c.max_tenants
    ORDER BY count(t.id)::float / c.max_tenants, c.name LIMIT 1)
  INSERT INTO tenants (id, slug, name, state, plan, cluster_id, db_name, db_user)
  SELECT $1, $2, $3, 'provisioning', $4, place.id, $5, $5 FROM place
  ON CONFLICT (id) DO UPDATE SET updated_at = now() RETURNING id`;

const unknown = (field: 'plan' | 'cluster', value: string): ServiceError =>
  new ServiceError('validation', `There is no ${field} '${value}'.`, {
    errors: [{ pointer: `/${field}`, code: 'unknown', message: `is not a ${field} of this platform` }],
  });

const isUniqueViolation = (error: unknown): boolean =>
  error instanceof QueryFailedError && (error.driverError as { code?: string }).code === uniqueViolation;

/** Who gets which slug, and a place on which cluster. */
@Injectable()
export class Placement {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /**
   * Takes the slug and a place on the emptiest open cluster with room, in the state `provisioning`. Again with the same id changes nothing.
   * @throws ServiceError `slug-taken`, `cluster-full`, `validation` for an unknown plan or cluster.
   */
  async reserve({ id, slug, name, plan, cluster }: Reservation): Promise<void> {
    if (!(await this.isThere('plans', plan))) throw unknown('plan', plan);
    if (cluster !== undefined && !(await this.isThere('clusters', cluster))) throw unknown('cluster', cluster);
    const physical = `t_${id.replaceAll('-', '')}`;
    const rows = await this.database
      .transaction(async (manager) => {
        // One at a time, so that the last place of a cluster is given once: what is counted below is then committed.
        await manager.query('SELECT pg_advisory_xact_lock($1)', [placementLock]);
        return manager.query<unknown[]>(placement, [id, slug, name, plan, physical, gone, cluster ?? null]);
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? new ServiceError('slug-taken', `The slug '${slug}' is taken.`) : error;
      });
    if (rows.length > 0) return;
    const where =
      cluster === undefined ? 'No open cluster has room' : `The cluster '${cluster}' is not open or has no room`;
    throw new ServiceError('cluster-full', `${where} for another tenant.`);
  }

  private async isThere(table: 'plans' | 'clusters', name: string): Promise<boolean> {
    const rows = await this.database.query<unknown[]>(`SELECT 1 FROM ${table} WHERE name = $1`, [name]);
    return rows.length > 0;
  }
}
