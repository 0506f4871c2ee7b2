import { Injectable } from '@nestjs/common';
import { ServiceError } from '@tenantry/service-kit';
import type { EntityManager } from 'typeorm';
import { gone } from '../tenants/tenants.repository.js';

/** The lock under which generations are handed out (migration 0005): whoever places a tenant also changes one, and there is no second order. */
const tenantsLock = 1734700645;

/**
 * Until the transaction ends nobody changes a tenant. For who places one, and for who refers to many, whose rows a change of several would
 * wait for in another order.
 */
export async function lockTenants(manager: EntityManager): Promise<void> {
  await manager.query('SELECT pg_advisory_xact_lock($1)', [tenantsLock]);
}

/** Emptiest: the smallest share of its places taken. */
const emptiest = `
  SELECT c.id FROM clusters c LEFT JOIN tenants t ON t.cluster_id = c.id AND t.state <> ALL ($1) AND t.id IS DISTINCT FROM $3
  WHERE c.state = 'open' AND c.provisioner_url IS NOT NULL AND ($2::text IS NULL OR c.name = $2)
  GROUP BY c.id HAVING count(t.id) < c.max_tenants
  ORDER BY count(t.id)::float / c.max_tenants, c.name LIMIT 1`;

/** Which cluster a tenant goes to. */
@Injectable()
export class Placement {
  /**
   * The id of the emptiest open cluster with room, or of the one that is named. Until the transaction ends nobody else gets a place, so
   * that the last one is given once.
   * @param moving the tenant that looks for a place, where it has one: it is not in its own way.
   * @throws ServiceError `cluster-full`, `validation` for an unknown cluster.
   */
  async choose(manager: EntityManager, cluster?: string, moving?: string): Promise<string> {
    if (cluster !== undefined) await expectKnown(manager, 'cluster', cluster);
    await lockTenants(manager);
    // A statement of its own: it sees what those before us have committed.
    const [place] = await manager.query<{ id: string }[]>(emptiest, [gone, cluster ?? null, moving ?? null]);
    if (place) return place.id;
    const where =
      cluster === undefined ? 'No open cluster has room' : `The cluster '${cluster}' is not open or has no room`;
    throw new ServiceError('cluster-full', `${where} for another tenant.`);
  }
}

/** What is answered where there is no such plan or cluster. `within` points to what has the field. */
export function unknown(field: 'plan' | 'cluster', name: string, within = ''): ServiceError {
  const errors = [{ pointer: `${within}/${field}`, code: 'unknown', message: `is not a ${field} of this platform` }];
  return new ServiceError('validation', `There is no ${field} '${name}'.`, { errors });
}

/** @throws ServiceError `validation` where there is no such plan or cluster. */
export async function expectKnown(
  manager: EntityManager,
  field: 'plan' | 'cluster',
  name: string,
  within = '',
): Promise<void> {
  const rows = await manager.query<unknown[]>(`SELECT 1 FROM ${field}s WHERE name = $1`, [name]);
  if (rows.length === 0) throw unknown(field, name, within);
}
