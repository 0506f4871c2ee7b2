import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Product } from '@tenantry/contracts';
import { type Answer, type Client, createTenant, type Stack } from '@tenantry/testing';
import { expectProblem } from './problem.js';

type Page = { data: Product[]; nextCursor: string | null };

/** Lists as a shop asks for them, and stock that is taken by many. */
export const stockAndLists = (stack: () => Stack): void =>
  describe('a shelf of products', () => {
    let admin: Client;
    const names = async (query: string): Promise<string[]> =>
      (await admin.get<Page>(`/v1/products?${query}`)).body.data.map(({ name }) => name);

    beforeAll(async () => {
      ({ admin } = await createTenant(stack()));
      for (const [name, price, active] of [
        ['Bolt 50%', '2.00', true],
        ['Anvil', '10.00', false],
        ['Crate', '1.50', true],
      ]) {
        await admin.post('/v1/products', { name, price, active, stockQuantity: 100 });
      }
    });

    it.each<[string, string[]]>([
      ['sort=name', ['Anvil', 'Bolt 50%', 'Crate']],
      ['sort=-price', ['Anvil', 'Bolt 50%', 'Crate']],
      ['sort=createdAt', ['Bolt 50%', 'Anvil', 'Crate']],
      ['active=true&sort=price', ['Crate', 'Bolt 50%']],
      ['minPrice=2&sort=price', ['Bolt 50%', 'Anvil']],
      ['q=%25', ['Bolt 50%']],
      ['q=_', []],
    ])('asked for %s holds %j', async (query, expected) => {
      expect(await names(query)).toEqual(expected);
    });

    it.each(['/v1/products?limit=1&sort=name', '/v1/products?q=%6C&limit=1', '/v1/products?limit=1&minPrice=1.00'])(
      'is walked by Link alone from %s, each row once',
      async (first) => {
        const whole = await admin.get<Page>(first.replace('limit=1', 'limit=100'));
        expect(whole.headers.link).toBeUndefined();
        const seen: Product[] = [];
        for (let path: string | undefined = first; path !== undefined;) {
          const { status, headers, body }: Answer<Page> = await admin.get<Page>(path);
          expect(status).toBe(200);
          seen.push(...body.data);
          path = /^<(.+)>; rel="next"$/.exec(String(headers.link))?.[1];
          expect(path === undefined).toBe(body.nextCursor === null);
        }
        expect(seen.length).toBeGreaterThan(1);
        expect(seen).toEqual(whole.body.data);
      },
    );

    it('is not sorted or narrowed by what it does not know', async () => {
      expectProblem(await admin.get('/v1/products?sort=version'), 'validation');
      expectProblem(await admin.get('/v1/products?minPrice=1.234'), 'validation');
      expectProblem(await admin.get('/v1/products?active=yes'), 'bad-request');
      expectProblem(await admin.get('/v1/products?managedBy=me'), 'bad-request');
      expectProblem(await admin.get('/v1/products?colour=red'), 'bad-request');
    });

    it('gives a hundred of a thing to two hundred who want one each', async () => {
      const { id } = (await admin.get<Page>('/v1/products?q=Anvil')).body.data[0]!;
      const take = (key: string | undefined): Promise<Answer<Product>> =>
        admin
          .with({ 'idempotency-key': key })
          .post<Product>(`/v1/products/${id}/stock-adjustments`, { delta: -1, reason: 'sold' });
      expectProblem(await take(undefined), 'bad-request');
      const answers = await Promise.all(Array.from({ length: 200 }, () => take(randomUUID())));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(100);
      const refused = answers.filter(({ status }) => status !== 200);
      expect(refused).toHaveLength(100);
      for (const answer of refused) expectProblem(answer, 'insufficient-stock');
      expect((await admin.get<Product>(`/v1/products/${id}`)).body.stockQuantity).toBe(0);
    });
  });
