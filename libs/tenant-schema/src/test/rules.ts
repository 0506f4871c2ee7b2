import { type Migration, statementsOf } from '../migration.js';

const withoutComments = (sql: string): string => sql.replace(/--.*$/gm, '');

const inTransaction = (sql: string): string[] => [
  // One message is one transaction: what ends it in between, or cannot be in one, is a migration of the other kind.
  ...(/^\s*(BEGIN|START|COMMIT|END|ROLLBACK|ABORT)(\s+(TRANSACTION|WORK))?\s*;/im.test(sql)
    ? ['ends its transaction']
    : []),
  ...(/\bCONCURRENTLY\b|^\s*VACUUM\b/im.test(sql) ? ['cannot run in a transaction, and does not say so'] : []),
];

/** `DROP INDEX CONCURRENTLY IF EXISTS x` before an index `x` is built: `IF NOT EXISTS` would keep one that was cut short. */
const isBuiltAnew = (statement: string, before: readonly string[]): boolean => {
  const name = /^CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(\w+)\s+ON\b/i.exec(statement)?.[1];
  return before.some((other) =>
    new RegExp(`^DROP\\s+INDEX\\s+CONCURRENTLY\\s+IF\\s+EXISTS\\s+${name}$`, 'i').test(other),
  );
};

const byStatement = (migration: Migration): string[] => {
  const statements = statementsOf(migration).map((statement) => withoutComments(statement).trim());
  return statements.flatMap((statement, index) => [
    ...(/\$\w*\$/.test(statement) ? ['has a body in dollars, which cannot be told from statements'] : []),
    ...((statement.match(/'/g) ?? []).length % 2 === 1 ? ['has a text with an end of a statement in it'] : []),
    ...(/;/.test(statement) ? ['has two statements in one line'] : []),
    ...(/^CREATE\s+(UNIQUE\s+)?INDEX/i.test(statement)
      ? isBuiltAnew(statement, statements.slice(0, index))
        ? []
        : ['builds an index that it did not drop first']
      : /^(CREATE|DROP|ALTER\s+TABLE\s+\w+\s+(ADD|DROP))\b/i.test(statement) &&
          !/\bIF\s+(NOT\s+)?EXISTS\b|\bOR\s+REPLACE\b/i.test(statement)
        ? ['cannot be done again']
        : []),
  ]);
};

/** What keeps a migration from being one that may be interrupted anywhere. */
export const faultsOf = (migration: Migration): string[] =>
  migration.outsideTransaction ? byStatement(migration) : inTransaction(withoutComments(migration.sql));
