import { createHash } from 'node:crypto';
import { catalogQuery } from './catalog-query.js';
import { rowsOfEach, type SqlClient } from './sql-client.js';

/**
 * The catalog of a tenant's database as sorted lines of text: schemas, tables, columns (type, null, default), constraints, indexes, sequences,
 * functions, triggers, types, policies, extensions, owners, grants and default grants (https://www.postgresql.org/docs/18/catalogs.html). No
 * line has a number or a name that is another in each database: two that have had the same migrations have the same lines, whoever asks.
 * Rows are not looked at.
 */
export async function readCatalog(client: SqlClient): Promise<readonly string[]> {
  const rows = (await rowsOfEach(client, catalogQuery)).at(-1) ?? [];
  return rows.map(({ line }) => String(line));
}

/** SHA-256 of a catalog, in hexadecimal digits: the same for the same lines. */
export function fingerprintOf(catalog: readonly string[]): string {
  return createHash('sha256').update(catalog.join('\n')).digest('hex');
}

/** `- line` for what is missing, `+ line` for what should not be there, in the order of the lines; empty where both are the same. */
export function differenceOf(expected: readonly string[], actual: readonly string[]): readonly string[] {
  const [wanted, there] = [new Set(expected), new Set(actual)];
  const missing = [...wanted].filter((line) => !there.has(line)).map((line) => ({ line, sign: '-' }));
  const surplus = [...there].filter((line) => !wanted.has(line)).map((line) => ({ line, sign: '+' }));
  return [...missing, ...surplus]
    .toSorted((one, other) => (one.line < other.line ? -1 : 1))
    .map(({ line, sign }) => `${sign} ${line}`);
}
