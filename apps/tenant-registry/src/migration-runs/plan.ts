import { ServiceError } from '@tenantry/service-kit';
import type { EntityManager } from 'typeorm';
import { expectKnown, lockTenants } from '../provisioning/placement.js';
import type { RunRow } from './migration-run.js';

/** Who has a database that is kept up to date: in the making it is born at the newest version, and archived it is looked at by nobody. */
export const migratable = ['active', 'suspended', 'maintenance'] as const;

type Planned = Pick<RunRow, 'id' | 'target' | 'check' | 'selector' | 'waves'>;

/**
 * Those that the selector fits and that are behind the target, or for a check all of them, and are not in the run yet. Who is named is looked at
 * whatever the registry takes its database for: it may have been restored. In the order of their birth: the first wave is the same whoever asks.
 */
const insertTargets = `
  INSERT INTO migration_targets (run_id, tenant_id, wave)
  SELECT $1, id, (SELECT count(*) FROM unnest($2::int[]) AS bound WHERE place > bound) + $3
  FROM (
    SELECT t.id, row_number() OVER (ORDER BY t.id) AS place FROM tenants t JOIN clusters c ON c.id = t.cluster_id
    WHERE t.state = ANY ($4) AND ($5 OR t.schema_version < $6 OR $7::text[] IS NOT NULL)
      AND ($7::text[] IS NULL OR t.slug = ANY ($7)) AND ($8::text IS NULL OR c.name = $8) AND ($9::text IS NULL OR t.plan = $9)
      AND NOT EXISTS (SELECT FROM migration_targets m WHERE m.run_id = $1 AND m.tenant_id = t.id)
  ) AS chosen
  RETURNING tenant_id`;

async function insert(
  manager: EntityManager,
  { id, target, check, selector }: Planned,
  bounds: readonly number[],
  firstWave: number,
): Promise<number> {
  const { slugs = null, cluster = null, plan = null } = selector;
  const parameters = [id, bounds, firstWave, migratable, check, target, slugs, cluster, plan];
  return (await manager.query<unknown[]>(insertTargets, parameters)).length;
}

/**
 * Writes down whom a new run is for, wave by wave.
 * @throws ServiceError `validation` for a selector that names what there is not.
 */
export async function planOf(manager: EntityManager, run: Planned): Promise<void> {
  const { selector, waves } = run;
  for (const field of ['cluster', 'plan'] as const)
    if (selector[field] !== undefined) await expectKnown(manager, field, selector[field], '/selector');
  if (selector.slugs) await expectSlugs(manager, selector.slugs);
  let sum = 0;
  const bounds = waves.map((size) => (sum += size));
  await lockTenants(manager);
  await insert(manager, run, bounds, 1);
}

/** Adds to the last wave who has come since and is behind, born by an older build of the registry. @returns how many. */
export async function addLateBorn(manager: EntityManager, run: Planned & Pick<RunRow, 'wave'>): Promise<number> {
  return run.check ? 0 : insert(manager, run, [], run.wave);
}

async function expectSlugs(manager: EntityManager, slugs: readonly string[]): Promise<void> {
  const rows = await manager.query<{ slug: string }[]>(
    'SELECT slug FROM tenants WHERE slug = ANY ($1) AND state = ANY ($2)',
    [slugs, migratable],
  );
  const known = new Set(rows.map(({ slug }) => slug));
  const errors = slugs.flatMap((slug, index) =>
    known.has(slug)
      ? []
      : [{ pointer: `/selector/slugs/${index}`, code: 'unknown', message: `is '${slug}', which is no tenant in use` }],
  );
  if (errors.length > 0)
    throw new ServiceError('validation', 'The selector names tenants that are not there.', { errors });
}
