import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createTenantDatabase, type TenantDatabase } from '@tenantry/testing';
import { AuditTrail } from './audit-trail.js';

const keptDays = 30;

let tenant: TenantDatabase;
beforeAll(async () => {
  tenant = await createTenantDatabase();
});
beforeEach(() => tenant.query('TRUNCATE audit_events'));
afterAll(() => tenant.drop());

/** A trail whose every write is, or is not, the one in many. */
const trail = (removes: boolean) => {
  const statements = { query: (_: string, text: string, values: unknown[]) => tenant.query(text, values) };
  return new AuditTrail(statements, keptDays, () => (removes ? 0 : 1));
};
const write = (removes = true) => trail(removes).append({ action: 'users.changed' });

/** So many rows, each this old. */
const written = (count: number, daysAgo: number) =>
  tenant.query(
    `INSERT INTO audit_events (id, action, actor) SELECT uuidv7(make_interval(days => -$2::integer)), 'users.created', 'anonymous'
     FROM generate_series(1, $1)`,
    [count, daysAgo],
  );
const left = async () =>
  (await tenant.query(`SELECT action, count(*)::int AS count FROM audit_events GROUP BY action ORDER BY action`)).rows;

it('a write removes what is older than it is kept, and nothing else', async () => {
  await written(3, keptDays + 1);
  await written(2, keptDays - 1);
  await write();
  expect(await left()).toEqual([
    { action: 'users.changed', count: 1 },
    { action: 'users.created', count: 2 },
  ]);
});

it('a write removes so much at once and no more, the oldest first', async () => {
  await written(1, 400);
  await written(700, keptDays + 1);
  await write();
  expect((await left())[1]).toEqual({ action: 'users.created', count: 201 });
  const { rows } = await tenant.query(`SELECT 1 FROM audit_events WHERE id < uuidv7(interval '-399 days')`);
  expect(rows).toEqual([]);
  await write();
  expect(await left()).toEqual([{ action: 'users.changed', count: 2 }]);
});

it('most writes remove nothing', async () => {
  await written(3, keptDays + 1);
  await write(false);
  expect((await left())[1]).toEqual({ action: 'users.created', count: 3 });
});

it('of those who remove at once, each takes what the others have left, and none waits', async () => {
  await written(1400, keptDays + 1);
  await Promise.all([1, 2, 3].map(() => write()));
  expect(await left()).toEqual([{ action: 'users.changed', count: 3 }]);
});
