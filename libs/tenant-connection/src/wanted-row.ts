import { wantedVersions } from '@tenantry/service-kit';
import { type FindOperator, In } from 'typeorm';

/**
 * Criteria of a repository's `update` and `delete`: the row of this id, in a version that the request's `If-Match` names. Comparing and
 * writing are then one statement, so that of two writers one affects no row.
 */
export function wantedRow(id: string): { id: string; version?: FindOperator<number> } {
  const versions = wantedVersions(id);
  return versions ? { id, version: In<number>(versions) as FindOperator<number> } : { id };
}
