import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ProductEvents } from '@tenantry/contracts';
import { anonymous, type ServiceError } from '@tenantry/service-kit';
import { ServiceUnderTest } from './test/service.js';
import { told } from './test/told.js';

let running: ServiceUnderTest;
beforeAll(async () => {
  running = await ServiceUnderTest.start();
});
afterAll(() => running?.close());

const chair = { name: 'Chair', description: null, price: '1', active: true, managedBy: null };
const make = async (stockQuantity: number): Promise<string> => {
  const { id } = await running.asked(() => running.service.create({ ...chair, stockQuantity }));
  return id;
};
const adjust = (id: string, delta: number, reason = 'sold') =>
  running.asked(() => running.service.adjustStock({ id, delta, reason }, anonymous));
const codeOf = (outcome: PromiseSettledResult<unknown>): string =>
  outcome.status === 'fulfilled' ? 'done' : (outcome.reason as ServiceError).code;

describe('the stock of a product', () => {
  it('of a hundred is taken by a hundred of two hundred who come at once', async () => {
    const id = await make(100);
    const outcomes = await Promise.allSettled(Array.from({ length: 200 }, () => adjust(id, -1)));
    const counts = Map.groupBy(outcomes.map(codeOf), (code) => code);
    expect([...counts].map(([code, { length }]) => [code, length]).toSorted()).toEqual([
      ['done', 100],
      ['insufficient-stock', 100],
    ]);
    const left = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value.stockQuantity] : []));
    expect(left.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect((await running.asked(() => running.service.get(id))).stockQuantity).toBe(0);
  });

  it('keeps what was done to it, and why, and nothing of what was refused', async () => {
    const id = await make(5);
    await adjust(id, 7, 'delivered');
    await expect(adjust(id, -13)).rejects.toMatchObject({ code: 'insufficient-stock' });
    expect(await adjust(id, -12, 'counted')).toMatchObject({ id, stockQuantity: 0, version: 3 });
    const { rows } = await running.acme.query(
      'SELECT delta, reason, stock_quantity AS left FROM stock_adjustments WHERE product_id = $1 ORDER BY id',
      [id],
    );
    expect(rows).toEqual([
      { delta: 7, reason: 'delivered', left: 12 },
      { delta: -12, reason: 'counted', left: 0 },
    ]);
  });

  it('that was adjusted is told of, with what is left', async () => {
    const id = await make(5);
    await adjust(id, -2, 'broken');
    expect(await told(running.admin, ProductEvents.stockAdjusted, id)).toMatchObject({
      tenantid: running.acme.tenantId,
      data: { id, version: 2, delta: -2, reason: 'broken', stockQuantity: 3 },
    });
  });

  it('is not more than can be counted', async () => {
    const id = await make(2_147_483_647);
    await expect(adjust(id, 2_147_483_647)).rejects.toMatchObject({ code: 'validation' });
    expect(await adjust(id, -2_147_483_647)).toMatchObject({ stockQuantity: 0 });
  });

  it('of a product that is not there cannot be adjusted', async () => {
    await expect(adjust(randomUUID(), 1)).rejects.toMatchObject({ code: 'not-found' });
  });
});
