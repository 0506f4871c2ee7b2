import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLog } from '@tenantry/service-kit';
import { until } from '@tenantry/testing';
import { migrated } from './migrated.js';
import { migrations } from './migrations/index.js';
import { createCentralDatabase, type CentralDatabase } from './test/central-database.js';

let database: CentralDatabase;
beforeAll(async () => void (database = await createCentralDatabase()));
afterAll(() => database.drop());

/** Begins to wait; what it says, and whether it still does. */
function waiting() {
  const said: string[] = [];
  const log = Object.assign(createLog({ service: 'auth', instance: 'test', level: 'silent' }), {
    warn: (text: string) => void said.push(text),
  });
  let isOver = false;
  const over = migrated({ config: { AUTH_DATABASE_URL: database.url }, log }).then(() => void (isOver = true));
  return { said, over, isOver: () => isOver };
}

test('an instance whose version is there begins at once, and so does one that is behind it', async () => {
  const { said, over } = waiting();
  await over;
  await database.query(
    `INSERT INTO schema_migrations (version, name) VALUES (${migrations.length + 1}, 'of-the-next')`,
  );
  await waiting().over;
  expect(said).toEqual([]);
});

test('an instance waits for the version it was written for, and says so', async () => {
  await database.query(`DELETE FROM schema_migrations WHERE version >= ${migrations.length}`);
  const { said, over, isOver } = waiting();
  await until('it waits', 10_000, () => said.length > 0);
  expect(said).toEqual([
    `waiting for the migration: the database is at version ${migrations.length - 1} of ${migrations.length}`,
  ]);
  // It has looked a second time.
  await sleep(1500);
  expect(isOver()).toBe(false);
  await database.query(`INSERT INTO schema_migrations (version, name) VALUES (${migrations.length}, 'the-last')`);
  await over;
  expect(said).toHaveLength(1);
});

test('an instance waits for a database that nobody has migrated', async () => {
  await database.query('ALTER TABLE schema_migrations RENAME TO elsewhere');
  const { said, over } = waiting();
  await until('it waits', 10_000, () => said.some((text) => text.includes('at version 0')));
  await database.query('ALTER TABLE elsewhere RENAME TO schema_migrations');
  await over;
});
