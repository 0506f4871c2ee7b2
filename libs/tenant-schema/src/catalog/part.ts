import type { Rows } from '../sql-client.js';

/** What is known of a database before its parts are told: the relations by their oids, and what belongs to something else. */
export interface Known {
  readonly relations: ReadonlyMap<number, { readonly name: string; readonly kind: string }>;
  /** Whether it is as something else says: an extension, or a type that makes functions. */
  isPart(catalog: string, oid: number): boolean;
}

/** One statement, and the lines that its rows are. */
export interface Part {
  readonly sql: string;
  lines(rows: Rows, known: Known): string[];
}

/** A line, several, or none. */
type Told = string | readonly string[] | undefined;

/** `Row` is what the driver makes of the columns of `sql`. */
export const part = <Row>(sql: string, tell: (row: Row, known: Known) => Told): Part => ({
  sql,
  lines: (rows, known) => rows.flatMap((row) => tell(row as Row, known) ?? []),
});

/** Words in a line, without those that do not apply. */
export const line = (...words: (string | false | null | undefined)[]): string => words.filter(Boolean).join(' ');

/** Roles that are the tenant's own (`t_<id>`, `t_<id>_b`) have another name in each database. */
export const role = (name: string): string => (name.startsWith('t_') ? 'a role of the tenant' : name);

/**
 * Whatever is made has an oid from here on (`FirstNormalObjectId` of PostgreSQL's access/transam.h): an index finds it among the thousands that
 * are the server's own.
 */
export const firstOid = 16384;

/** Not the server's own, nor temporary. */
export const isOurs = (namespace: string): string =>
  `oid >= ${firstOid} AND ${namespace}::regnamespace::text NOT LIKE 'pg\\_%'`;
