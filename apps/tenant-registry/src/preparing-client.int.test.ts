import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { testServers } from '@tenantry/testing';
import type pg from 'pg';
import { PreparingClient } from './preparing-client.js';

const question = 'SELECT * FROM things WHERE id = $1';
let client: pg.Client;

beforeAll(async () => {
  client = new PreparingClient(testServers().postgresUrl);
  await client.connect();
});
beforeEach(() => client.query('DROP TABLE IF EXISTS things; CREATE TEMP TABLE things AS SELECT 1 AS id'));
afterAll(() => client?.end());

const plans = async (text: string): Promise<number> => {
  const { rows } = await client.query<{ statement: string }>('SELECT statement FROM pg_prepared_statements');
  return rows.filter(({ statement }) => statement === text).length;
};
const change = () => client.query('ALTER TABLE things ADD COLUMN name text');
/** As a pool asks. */
const asked = (text: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    client.query(text, [1], (failure: Error | null, answer) => (failure ? reject(failure) : resolve(answer.rows)));
  });

describe('a statement with parameters', () => {
  it('is planned once, however it is asked', async () => {
    const text = `${question} AND true`;
    for (let time = 0; time < 3; time++) expect((await client.query(text, [1])).rows).toEqual([{ id: 1 }]);
    expect(await asked(text)).toEqual([{ id: 1 }]);
    expect(await plans(text)).toBe(1);
  });

  it('without any is not kept', async () => {
    await client.query('SELECT 1 AS one', []);
    expect(await plans('SELECT 1 AS one')).toBe(0);
  });

  it.each([
    ['promise', async (text: string) => (await client.query<{ id: number }>(text, [1])).rows],
    ['callback', asked],
  ])('is answered, by %s, when a migration has changed its table', async (how, ask) => {
    const text = `${question} AND '${how}' = '${how}'`;
    expect(await ask(text)).toEqual([{ id: 1 }]);
    await change();
    expect(await ask(text)).toEqual([{ id: 1, name: null }]);
  });

  it('fails within a transaction whose plan is stale, once', async () => {
    const text = `${question} AND 2 = 2`;
    await client.query(text, [1]);
    await change();
    await client.query('BEGIN');
    await expect(client.query(text, [1])).rejects.toMatchObject({ code: '0A000' });
    await client.query('ROLLBACK; BEGIN');
    expect((await client.query(text, [1])).rows).toEqual([{ id: 1, name: null }]);
    await client.query('COMMIT');
  });

  it('that is wrong fails as it does everywhere', async () => {
    await expect(client.query('SELECT nothing FROM things WHERE id = $1', [1])).rejects.toMatchObject({
      code: '42703',
    });
    expect((await client.query('SELECT id FROM things WHERE id = $1', [1])).rows).toEqual([{ id: 1 }]);
  });
});
