import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import pg from 'pg';
import { scratchDir } from '../scratch.ts';
import { start } from './postgres.ts';

test('a killed server starts again on its data, and keeps what was committed', async () => {
  using dir = scratchDir();
  const options = { dir: join(dir.path, 'postgres'), password: 'p@ss word' };
  const first = await start(options);
  await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS one');
  process.kill(first.pid, 'SIGKILL');
  const second = await start(options);
  expect(await query(second.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
  await second.stop();
}, 60_000);

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
}
