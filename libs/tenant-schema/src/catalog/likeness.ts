import { differenceOf, fingerprintOf, readCatalog } from './catalog.js';
import { hasShape, readShape } from './shape.js';
import type { SqlClient } from '../sql-client.js';

/** What a database of one version has, on one cluster. */
export interface VersionModel {
  readonly catalog: readonly string[];
  readonly fingerprint: string;
  /** By which most of those that have the same catalog are known; undefined where it does not say all. */
  readonly shape: string | undefined;
}

/** What a database is, beside what it should be. */
export interface Likeness {
  readonly fingerprint: string;
  /** As `differenceOf` gives it. */
  readonly difference: readonly string[];
}

/** Reads from a database that is as it should be. */
export async function readModel(client: SqlClient): Promise<VersionModel> {
  const catalog = await readCatalog(client);
  const shape = hasShape(catalog) ? await readShape(client) : undefined;
  return { catalog, fingerprint: fingerprintOf(catalog), shape };
}

/**
 * Compares a tenant's database with the model of its version. The whole catalog, which costs more than a small migration, is read only where
 * the shape is another.
 *
 * @param client a session of the role that has read the model (`modelOfVersion`), on the same cluster.
 */
export async function compareWith(model: VersionModel, client: SqlClient): Promise<Likeness> {
  if (model.shape !== undefined && (await readShape(client)) === model.shape)
    return { fingerprint: model.fingerprint, difference: [] };
  const catalog = await readCatalog(client);
  return { fingerprint: fingerprintOf(catalog), difference: differenceOf(model.catalog, catalog) };
}
