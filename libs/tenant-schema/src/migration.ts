/** One step of the tenant database. Frozen once released: text that imports nothing that lives. */
export interface Migration {
  /** 1, 2, 3 ... without gaps. */
  readonly version: number;
  readonly name: string;
  /** SQL, run as the tenant's owner role in one transaction. */
  readonly sql: string;
  /**
   * For what PostgreSQL refuses in a transaction (`CREATE INDEX CONCURRENTLY`): `sql` runs statement by statement, each ended by a `;` at the
   * end of a line. A runner that dies in between begins it anew, so it must be idempotent, also after half of itself: an index that was cut
   * short is there, and invalid (https://www.postgresql.org/docs/18/sql-createindex.html, "Building Indexes Concurrently"), so it is dropped first.
   */
  readonly outsideTransaction?: true;
}

/** The statements of a migration that runs outside a transaction. */
export function statementsOf({ sql }: Migration): string[] {
  return sql
    .split(/;[ \t]*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
