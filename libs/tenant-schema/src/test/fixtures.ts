import type { Migration } from '../migration.js';

/** Each migration here leaves a row, so that one that was done twice is seen. */
const sqlOf = (version: number, more = ''): string => `
  ${version === 1 ? 'CREATE TABLE done (version integer); CREATE TABLE things (id integer, name text);' : ''}
  ${more}
  INSERT INTO done VALUES (${version});
  -- A comment ends it`;

/** A migration that does this, and leaves its number. */
export const migrationOf = (version: number, more = ''): Migration => ({
  version,
  name: `number-${version}`,
  sql: sqlOf(version, more),
});

/** As many as that: plain ones. */
export const plainOnes = (count: number): Migration[] =>
  Array.from({ length: count }, (_, index) => migrationOf(index + 1));

/** Adds a column to `things`: waits for whoever reads them. */
export const widening = (version: number): Migration =>
  migrationOf(version, `ALTER TABLE things ADD x${version} integer;`);

/** Builds an index on `things` without a transaction. */
export const indexing = (version: number): Migration => ({
  version,
  name: `index-${version}`,
  sql: `
    DROP INDEX CONCURRENTLY IF EXISTS things_${version};
    -- What was cut short is built anew;
    CREATE INDEX CONCURRENTLY things_${version} ON things (name);
    DELETE FROM done WHERE version = ${version};
    INSERT INTO done VALUES (${version});
  `,
  outsideTransaction: true,
});
