import type { KeyObject } from 'node:crypto';
import { type CursorBinding, decodeCursor, encodeCursor } from './cursor.js';

/** An order of a list: a column that is never null, and its type. The row has it under the name of the order. */
type Order = readonly [column: string, type: string];

/** A list, as it is declared. All of it is SQL of ours; what clients say is only ever a parameter. */
export interface ListTerms {
  /** The subject of its message: cursors of one list are refused in others. */
  readonly subject: string;
  /** `SELECT ... FROM ...`: rows under the names of the contract, with an `id`. */
  readonly rows: string;
  readonly orders: Readonly<Record<string, Order>>;
  /** The condition of each filter, given the parameter with its value. */
  readonly filters?: Readonly<Record<string, (parameter: string) => string>>;
}

/** What every request for a list has; its filters beside. */
interface ListRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** One of the orders, with `-` in front for the other direction. */
  readonly sort: string;
}

export interface Page<Row> {
  readonly data: Row[];
  readonly nextCursor: string | null;
}

/** Runs a statement, prepared under its name; under none, only once. */
type Query<Row> = (name: string, text: string, values: unknown[]) => Promise<Row[]>;

/** Text that `LIKE` and `ILIKE` take for what it is, anywhere. */
const escaped = (parameter: string): string =>
  `'%' || replace(replace(replace(${parameter}, '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%'`;

/** A filter that looks for a text in columns: case aside, as it is written, `%` and `_` included. */
export const contains =
  (...columns: readonly string[]) =>
  (parameter: string): string =>
    `(${columns.map((column) => `${column} ILIKE ${escaped(parameter)}`).join(' OR ')})`;

/**
 * The pages of one list, by keyset: the next page begins after the last row seen, its id telling apart those of one rank. So while rows
 * come and go none comes twice, and none that was there all along is missed; and a page costs the same, however far down it is.
 */
export class Listing<Row extends { readonly id: string }> {
  constructor(
    private readonly terms: ListTerms,
    private readonly key: KeyObject,
  ) {}

  /** @throws ServiceError `invalid-cursor` */
  async page(request: ListRequest, tenantId: string | null, query: Query<Row>): Promise<Page<Row>> {
    const { limit, cursor, sort, ...filters } = request as ListRequest & Record<string, string | number | boolean>;
    const binding: CursorBinding = { tenantId, list: this.terms.subject, sort, filters };
    const after = cursor === undefined ? undefined : decodeCursor(this.key, binding, cursor);
    const given = Object.keys(filters).filter((name) => filters[name] !== undefined);
    const values = [...given.map((name) => filters[name]), ...(after ?? []), limit + 1];
    // The common ones are planned once per connection; of filtered ones there are too many kinds.
    const name = given.length === 0 ? `${this.terms.subject} ${sort}${after ? ' after' : ''}` : '';
    // One more than asked for tells whether there is another page.
    const rows = await query(name, this.textOf(sort, given, after !== undefined), values);
    if (rows.length <= limit) return { data: rows, nextCursor: null };
    const data = rows.slice(0, limit);
    return { data, nextCursor: encodeCursor(this.key, binding, this.positionOf(data.at(-1)!, sort)) };
  }

  private textOf(sort: string, given: readonly string[], isAfter: boolean): string {
    const { rows, orders, filters = {} } = this.terms;
    const [column, type] = orders[fieldOf(sort)]!;
    const [comparison, direction] = sort.startsWith('-') ? ['<', 'DESC'] : ['>', 'ASC'];
    const next = given.length + 1;
    const conditions = [
      ...given.map((name, index) => filters[name]!(`$${index + 1}`)),
      ...(isAfter ? [`(${column}, id) ${comparison} ($${next}::${type}, $${next + 1}::uuid)`] : []),
    ];
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
    return `${rows} ${where} ORDER BY ${column} ${direction}, id ${direction} LIMIT $${isAfter ? next + 2 : next}`;
  }

  private positionOf(row: Row, sort: string): [string, string] {
    return [String((row as Record<string, unknown>)[fieldOf(sort)]), row.id];
  }
}

const fieldOf = (sort: string): string => (sort.startsWith('-') ? sort.slice(1) : sort);
