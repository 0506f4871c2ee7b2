import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type Migration, statementsOf } from './migration.js';
import { migrations } from './migrations/index.js';
import { indexing } from './test/fixtures.js';
import { released } from './test/released.js';
import { faultsOf } from './test/rules.js';

const hashOf = ({ sql, outsideTransaction }: Migration): string =>
  createHash('sha256')
    .update(outsideTransaction ? `outside a transaction\n${sql}` : sql)
    .digest('hex');

describe('the migrations of a tenant database', () => {
  it('are numbered from 1 without gaps', () => {
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));
  });

  it('have plain, distinct names', () => {
    const names = migrations.map(({ name }) => name);
    expect(names.filter((name) => !/^[a-z0-9-]+$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('are never changed once they are released', () => {
    const wrong = migrations.flatMap((migration) => {
      const { version, name } = migration;
      const [hash, recorded] = [hashOf(migration), released.get(name)];
      if (recorded === hash) return [];
      return recorded === undefined
        ? `${version} (${name}) is new: add ['${name}', '${hash}'] to test/released.ts`
        : `${version} (${name}) is released, and databases have had it as it was: put it back, and write a new migration that changes what it made`;
    });
    expect(wrong).toEqual([]);
    expect(migrations.map(({ name }) => name)).toEqual([...released.keys()]);
  });

  it('may be interrupted anywhere', () => {
    const faults = migrations.map((migration) => [migration.name, ...faultsOf(migration)]);
    expect(faults.filter(([, ...found]) => found.length > 0)).toEqual([]);
  });
});

describe('a migration', () => {
  const plain = (sql: string): Migration => ({ version: 1, name: 'x', sql });
  const outside = (sql: string): Migration => ({ ...plain(sql), outsideTransaction: true });

  it.each([
    ['ends its transaction', plain('CREATE TABLE x ();\nCOMMIT;\nCREATE TABLE y ();')],
    ['cannot run in a transaction, and does not say so', plain('CREATE INDEX CONCURRENTLY x ON y (z);')],
    ['cannot run in a transaction, and does not say so', plain('VACUUM y;')],
    ['builds an index that it did not drop first', outside('CREATE INDEX CONCURRENTLY IF NOT EXISTS x ON y (z);')],
    [
      'builds an index that it did not drop first',
      outside('DROP INDEX CONCURRENTLY IF EXISTS other;\nCREATE UNIQUE INDEX CONCURRENTLY x ON y (z);'),
    ],
    ['cannot be done again', outside('ALTER TABLE y ADD z text;')],
    ['cannot be done again', outside('DROP INDEX CONCURRENTLY x;')],
    ['has two statements in one line', outside('VACUUM x; VACUUM y;')],
    ['has a body in dollars, which cannot be told from statements', outside('DO $$ BEGIN\nNULL;\nEND $$;')],
    ['has a text with an end of a statement in it', outside(`COMMENT ON TABLE y IS 'a;\nb';`)],
  ])('is refused that %s', (fault, migration) => {
    expect(faultsOf(migration)).toContain(fault);
  });

  it('is taken that drops an index before it builds it, and has functions with a BEGIN of their own', () => {
    expect(faultsOf(indexing(2))).toEqual([]);
    expect(
      faultsOf(plain('CREATE FUNCTION x() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\nRETURN NEW;\nEND $$;')),
    ).toEqual([]);
  });

  it('without a transaction is cut where a line ends in a semicolon', () => {
    expect(statementsOf(outside('\n  VACUUM x;\n  CREATE INDEX a\n  ON b (c); \n\nVACUUM y'))).toEqual([
      'VACUUM x',
      'CREATE INDEX a\n  ON b (c)',
      'VACUUM y',
    ]);
  });
});
