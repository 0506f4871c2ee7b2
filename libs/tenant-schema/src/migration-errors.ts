import type { Migration } from './migration.js';

/** PostgreSQL's code of what went wrong, where it is PostgreSQL that says so: five digits and capitals (system errors have no digit). */
export function sqlStateOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/**
 * A migration that could not be applied; of one in a transaction nothing is left, unless the answer to its COMMIT was lost. The message has no
 * word of the server's, which could quote a row: that is the cause.
 */
export class MigrationFailed extends Error {
  override readonly name = 'MigrationFailed';
  readonly version: number;
  /** The migration's name. */
  readonly migration: string;
  /** https://www.postgresql.org/docs/18/errcodes-appendix.html; none where the server did not answer. */
  readonly sqlState: string | undefined;

  constructor({ version, name }: Migration, cause: unknown) {
    const sqlState = sqlStateOf(cause);
    super(`migration ${version} (${name}) failed: ${sqlState ?? 'no answer'}`, { cause });
    this.version = version;
    this.migration = name;
    this.sqlState = sqlState;
  }
}

/** Another session migrates this database, and did so for as long as this one would wait. */
export class MigrationUnderWay extends Error {
  override readonly name = 'MigrationUnderWay';

  constructor(waitedMs: number) {
    super(`another session migrates this database, for more than ${waitedMs} ms`);
  }
}
