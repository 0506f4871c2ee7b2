import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ParsedRequestOf, Products, type RequestOf } from '@tenantry/contracts';
import { ServiceUnderTest } from './test/service.js';

type ListRequest = ParsedRequestOf<typeof Products.list>;
type Asked = RequestOf<typeof Products.list>;

let running: ServiceUnderTest;
beforeAll(async () => {
  running = await ServiceUnderTest.start();
  // Each rank is shared by many: what tells them apart is the id.
  await running.acme.query(`
    INSERT INTO users (email, password_hash, first_name, last_name) VALUES ('ada@acme.example', 'x', 'Ada', 'L');
    INSERT INTO products (name, description, price, stock_quantity, active, managed_by, created_at)
    SELECT 'Part ' || i % 7, CASE WHEN i % 2 = 0 THEN 'fits ' || i END, i % 5 + 0.5, i % 3, i % 4 > 0,
      CASE WHEN i % 10 = 0 THEN (SELECT id FROM users LIMIT 1) END, now() - (i % 11) * interval '1 minute'
    FROM generate_series(1, 120) i`);
});
afterAll(() => running?.close());

const list = (request: Asked, tenantId: string = running.acme.tenantId) => {
  const parsed: ListRequest = Products.list.request.parse(request);
  return running.asked(() => running.repository.findPage(parsed, tenantId));
};

/** All pages, one after the other, `between` any two. */
async function walk(request: Asked, between: (page: number) => Promise<unknown> = async () => undefined) {
  const seen = [];
  let cursor: string | undefined;
  for (let page = 0; ; page++) {
    const { data, nextCursor } = await list({ ...request, cursor });
    seen.push(...data);
    if (nextCursor === null) return seen;
    cursor = nextCursor;
    await between(page);
  }
}

const columns: Record<string, string> = {
  name: 'name',
  price: 'price',
  createdAt: 'created_at',
  stockQuantity: 'stock_quantity',
};
const orders = Object.keys(columns).flatMap((field) => [field, `-${field}`] as Asked['sort'][]);

describe('a list of products', () => {
  it.each(orders)('sorted by %s has every product once, in order, page by page', async (sort) => {
    const direction = sort!.startsWith('-') ? 'DESC' : 'ASC';
    const column = columns[sort!.replace('-', '')];
    const { rows } = await running.acme.query(
      `SELECT id FROM products ORDER BY ${column} ${direction}, id ${direction}`,
    );
    expect((await walk({ sort, limit: 7 })).map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
  });

  it.each(orders)('sorted by %s has none twice and misses none that stays, while others come and go', async (sort) => {
    const { rows } = await running.acme.query('SELECT id FROM products ORDER BY id');
    const staying = rows.map(({ id }) => String(id));
    const seen = await walk({ sort, limit: 7 }, async (page) => {
      const [name, price] = [`Part ${page % 9}`, (page % 7) + 0.5];
      await running.acme.query(
        `INSERT INTO products (name, price, stock_quantity, active) SELECT $1, $2, $3, false FROM generate_series(1, 5)`,
        [name, price, page % 3],
      );
      await running.acme.query(
        'DELETE FROM products WHERE NOT id = ANY ($1) AND id IN (SELECT id FROM products ORDER BY random() LIMIT 40)',
        [staying],
      );
    });
    await running.acme.query('DELETE FROM products WHERE NOT id = ANY ($1)', [staying]);
    const ids = seen.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(staying.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it.each<[Asked, string]>([
    [{ active: false }, 'NOT active'],
    [{ minPrice: '2.5', maxPrice: '3.50' }, 'price BETWEEN 2.5 AND 3.5'],
    [{ q: 'pART 3' }, "name = 'Part 3'"],
    [{ q: 'fits 1', active: true, sort: 'name' }, "description LIKE 'fits 1%' AND active"],
    [{ maxPrice: '0' }, 'false'],
    [{ q: '' }, 'true'],
  ])('narrowed by %j has those and no others', async (request, condition) => {
    const { rows } = await running.acme.query(`SELECT id FROM products WHERE ${condition} ORDER BY id`);
    const seen = (await walk({ limit: 9, ...request })).map(({ id }) => id);
    expect(seen.toSorted()).toEqual(rows.map(({ id }) => id));
  });

  it('narrowed by a manager has theirs', async () => {
    const { rows } = await running.acme.query('SELECT id FROM users');
    expect(await walk({ managedBy: String(rows[0]!['id']) })).toHaveLength(12);
    expect(await walk({ managedBy: randomUUID() })).toEqual([]);
  });

  it.each(['100%', 'a_b', 'back\\slash', "o'clock", '%', '_', '\\'])('looks for %j as it is written', async (q) => {
    const [here, there] = [`${randomUUID()} ${q} x`, `${randomUUID()} 100 aXb backslash oclock`];
    const insert = 'INSERT INTO products (name, price) VALUES ($1, 1), ($2, 1)';
    await running.acme.query(insert, [here, there]);
    expect((await walk({ q })).map(({ name }) => name)).toEqual([here]);
    await running.acme.query('DELETE FROM products WHERE name = ANY ($1)', [[here, there]]);
  });

  it('takes no cursor of another order, filter or tenant', async () => {
    const cursor = (await list({ limit: 1, sort: 'name', active: true })).nextCursor!;
    const again = { limit: 5, sort: 'name', active: true, cursor } as const;
    expect((await list(again)).data).toHaveLength(5);
    for (const other of [{ sort: '-name' }, { active: false }, { active: undefined }, { q: 'x' }] as const) {
      await expect(list({ ...again, ...other })).rejects.toMatchObject({ code: 'invalid-cursor' });
    }
    await expect(list(again, randomUUID())).rejects.toMatchObject({ code: 'invalid-cursor' });
  });
});
