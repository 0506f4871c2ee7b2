import { createHash } from 'node:crypto';
import { type Rows, rowsOfEach, type SqlClient } from '../sql-client.js';
import { code } from './code.js';
import { firstOid, type Known } from './part.js';
import { ofRelations, relations } from './relations.js';
import { surroundings } from './surroundings.js';

/** What the server writes depends on these: names are whole, times and numbers the same whoever asks. */
const settings = {
  search_path: '',
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  quote_all_identifiers: 'off',
};

const belongings = `
  SELECT classid::regclass::text AS catalog, objid AS oid FROM pg_depend
  WHERE objid >= ${firstOid} AND (deptype = 'e' OR deptype = 'i' AND classid = 'pg_proc'::regclass)`;

const parts = [relations, ...ofRelations, ...code, ...surroundings];

/**
 * One message and one transaction, with which the settings end. Many plain statements rather than one large one: most of what a new session takes
 * for that is to plan it.
 */
const question = [
  `SELECT ${Object.entries(settings)
    .map(([name, value]) => `set_config('${name}', '${value}', true)`)
    .join(', ')}`,
  belongings,
  ...parts.map(({ sql }) => sql),
].join(';\n');

function knownOf(belonging: Rows, found: Rows): Known {
  const whole = new Set(belonging.map(({ catalog, oid }) => `${String(catalog)} ${String(oid)}`));
  const isPart = (catalog: string, oid: number): boolean => whole.has(`${catalog} ${oid}`);
  const entries = found.map(
    ({ oid, name, relkind }) => [Number(oid), { name: String(name), kind: String(relkind) }] as const,
  );
  return { isPart, relations: new Map(entries.filter(([oid]) => !isPart('pg_class', oid))) };
}

/** One line each, whatever is in it. */
const inOneLine = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

/**
 * The catalog of a tenant's database as sorted lines of text: schemas, tables, columns (type, null, default), constraints, indexes, sequences,
 * functions, triggers, types, policies, extensions, owners, grants and default grants (https://www.postgresql.org/docs/18/catalogs.html). No
 * line has a number or a name that is another in each database: two that have had the same migrations have the same lines, whoever asks.
 * Rows are not looked at. One round trip.
 */
export async function readCatalog(client: SqlClient): Promise<readonly string[]> {
  const [, belonging = [], ...answers] = await rowsOfEach(client, question);
  const known = knownOf(belonging, answers[0] ?? []);
  const lines = parts.flatMap((part, index) => part.lines(answers[index] ?? [], known));
  return [...new Set(lines.map(inOneLine))].toSorted();
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
