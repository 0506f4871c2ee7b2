import { describe, expect, it } from '@jest/globals';
import { leavesTrace } from './traces.js';

describe('a statement', () => {
  it.each([
    'SELECT "Product"."id" FROM "products" "Product" WHERE "name" = $1 LIMIT 20',
    'INSERT INTO products(name) VALUES ($1) RETURNING id',
    "UPDATE products SET name = 'set' WHERE id = $1;",
    'START TRANSACTION',
    'COMMIT',
    'ROLLBACK',
    'SAVEPOINT typeorm_1',
    'RELEASE SAVEPOINT typeorm_1',
    'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE',
    "SET LOCAL statement_timeout = '1s'",
    'SELECT pg_advisory_xact_lock(1)',
    '  with a as (select 1) select * from a',
  ])('leaves nothing: %s', (text) => expect(leavesTrace(text)).toBe(false));

  it.each([
    'SET search_path = other',
    "SET SESSION statement_timeout = '1s'",
    'set role other',
    'RESET ALL',
    "SELECT set_config('role', 'other', false)",
    'SELECT pg_advisory_lock(1)',
    'SELECT pg_try_advisory_lock(1)',
    'CREATE TEMP TABLE x (a int)',
    'SELECT 1 AS a INTO TEMP x',
    'INSERT INTO pg_temp.x VALUES (1)',
    'LISTEN news',
    'PREPARE p AS SELECT 1',
    'DECLARE c CURSOR WITH HOLD FOR SELECT 1',
    'DISCARD ALL',
    'SELECT 1; SET search_path = other',
    'COMMIT; SET search_path = other',
    'DO $$ BEGIN PERFORM 1; END $$',
    '/* a comment */ SET search_path = other',
    '',
  ])('may leave something: %s', (text) => expect(leavesTrace(text)).toBe(true));
});
