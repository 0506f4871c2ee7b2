/** One step of the tenant database. Frozen once released: text that imports nothing that lives. */
export interface Migration {
  /** 1, 2, 3 ... without gaps. */
  readonly version: number;
  readonly name: string;
  /** SQL, run as the tenant's owner role in one transaction. */
  readonly sql: string;
}
