import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ProductEvents } from '@tenantry/contracts';
import type { TenantDatabase } from '@tenantry/testing';
import type { ProductsRepository } from './products.repository.js';
import { ServiceUnderTest } from './test/service.js';
import { told } from './test/told.js';

let running: ServiceUnderTest;
let acme: TenantDatabase;
let products: ProductsRepository;

beforeAll(async () => {
  running = await ServiceUnderTest.start();
  ({ acme, repository: products } = running);
});
afterAll(() => running?.close());

const asked = <Result>(work: () => Promise<Result>): Promise<Result> => running.asked(work);

const chair = { description: null, stockQuantity: 3, active: true, managedBy: null, name: 'Chair', price: '12.5' };

describe('a product', () => {
  it('comes back as PostgreSQL writes it, and is told of when it is made, changed and deleted', async () => {
    const made = await asked(() => products.insert(chair));
    expect(made).toEqual({
      ...chair,
      version: 1,
      price: '12.50',
      id: made.id,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/),
      updatedAt: made.createdAt,
    });
    expect(await told(running.admin, ProductEvents.created, made.id)).toMatchObject({
      tenantid: acme.tenantId,
      data: made,
    });
    const changed = await asked(() => products.update(made.id, { price: '1' }));
    expect(changed).toMatchObject({ price: '1.00', name: 'Chair', version: 2 });
    expect((await told(running.admin, ProductEvents.changed, made.id)).data).toEqual(changed);
    expect(await asked(() => products.delete(made.id))).toBe(true);
    expect((await told(running.admin, ProductEvents.deleted, made.id)).data).toEqual({ id: made.id });
  });

  it('of a manager who does not exist is refused, made or changed, and nothing is told', async () => {
    const managedBy = randomUUID();
    const refusal = { code: 'validation', errors: [{ pointer: '/managedBy' }] };
    await expect(asked(() => products.insert({ ...chair, managedBy }))).rejects.toMatchObject(refusal);
    const { id } = await asked(() => products.insert(chair));
    await expect(asked(() => products.update(id, { managedBy }))).rejects.toMatchObject(refusal);
    const { rows } = await acme.query('SELECT managed_by FROM products WHERE id = $1', [id]);
    expect(rows).toEqual([{ managed_by: null }]);
  });

  it('that is not there is neither changed nor deleted', async () => {
    expect(await asked(() => products.update(randomUUID(), { price: '1' }))).toBeNull();
    expect(await asked(() => products.delete(randomUUID()))).toBe(false);
  });
});
