import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Product } from '@tenantry/contracts';
import { type Answer, type Client, createTenant, type Stack } from '@tenantry/testing';
import { expectProblem } from './problem.js';

/** A client that lost an answer sends its request again, and nothing is done twice. */
export const idempotencyKeys = (stack: () => Stack): void =>
  describe('a product made under an idempotency key', () => {
    let admin: Client;
    let other: Client;

    const make = (client: Client, key: string, body: object): Promise<Answer<Product>> =>
      client.with({ 'idempotency-key': key }).post<Product>('/v1/products', body);
    const named = async (name: string): Promise<Product[]> =>
      (await admin.get<{ data: Product[] }>('/v1/products?limit=100')).body.data.filter((one) => one.name === name);

    beforeAll(async () => {
      [admin, other] = (await Promise.all([createTenant(stack()), createTenant(stack())])).map(
        (tenant) => tenant.admin,
      ) as [Client, Client];
    });

    it('is made once, and answered again as the first time', async () => {
      const [key, name] = [randomUUID(), randomUUID()];
      const first = await make(admin, key, { name, price: '1' });
      expect(first.status).toBe(201);
      expect(first.headers).not.toHaveProperty('idempotency-replayed');
      const again = await make(admin, key, { price: '1', name, active: true });
      expect(again).toMatchObject({ status: 201, text: first.text, headers: { 'idempotency-replayed': 'true' } });
      const { location, etag } = first.headers;
      expect(again.headers).toMatchObject({ location, etag });
      expect(await named(name)).toHaveLength(1);
    });

    it('is made once by fifty at once', async () => {
      const [key, name] = [randomUUID(), randomUUID()];
      const answers = await Promise.all(Array.from({ length: 50 }, () => make(admin, key, { name, price: '1' })));
      const made = answers.filter(({ status }) => status === 201);
      expect(made.filter(({ headers }) => headers['idempotency-replayed'] === undefined)).toHaveLength(1);
      expect(new Set(made.map(({ text }) => text)).size).toBe(1);
      for (const answer of answers) if (answer.status !== 201) expectProblem(answer, 'idempotency-in-progress');
      expect(await named(name)).toHaveLength(1);
    });

    it('is not made of another body', async () => {
      const [key, name] = [randomUUID(), randomUUID()];
      await make(admin, key, { name, price: '1' });
      expectProblem(await make(admin, key, { name, price: '2' }), 'idempotency-key-reused');
      expect(await named(name)).toHaveLength(1);
    });

    it('that was refused can be made under the same key once it is right', async () => {
      const key = randomUUID();
      const body = { name: 'Rope', price: '1', managedBy: randomUUID() };
      expectProblem(await make(admin, key, body), 'validation');
      expect((await make(admin, key, { ...body, managedBy: null })).status).toBe(201);
    });

    it("meets no key of another tenant's", async () => {
      const [key, name] = [randomUUID(), randomUUID()];
      const answers = await Promise.all([
        make(admin, key, { name, price: '1' }),
        make(other, key, { name, price: '2' }),
      ]);
      expect(answers.map(({ status, body }) => [status, body.price])).toEqual([
        [201, '1.00'],
        [201, '2.00'],
      ]);
    });

    it.each([
      ['is empty', ''],
      ['is too long', 'x'.repeat(256)],
      ['cannot be printed', 'caf\u00e9'],
    ])('takes no key that %s', async (_, key) => {
      expectProblem(await make(admin, key, { name: 'Rope', price: '1' }), 'bad-request');
    });
  });
