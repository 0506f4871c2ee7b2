import { expect } from '@jest/globals';
import { type Answer, createTenant, type Stack } from '@tenantry/testing';
import { expectFairAnswers, until } from './flight.js';

const services = ['gateway', 'auth', 'users', 'products', 'tenant-registry'];
const backWithinMs = 15_000;

/** NATS ends, and comes back without anything that it had stored. */
export async function brokerEmptied(stack: Stack): Promise<void> {
  const tenant = await createTenant(stack);
  const write = () => tenant.admin.post('/v1/products', { name: 'Anvil', price: '1' });
  const pids = () => services.map((name) => stack.pidOf(name));
  expect((await write()).status).toBe(201);
  const born = pids();
  const gone = stack.pidOf('nats');
  stack.lose('nats');
  await until('NATS runs again', 30_000, () => stack.pidOf('nats') !== gone);
  const answers: Answer[] = [];
  const tookMs = await until('what has to be told is written again', backWithinMs, async () => {
    answers.push(await write());
    return answers.at(-1)!.status === 201;
  });
  console.log(`events could be written again ${Math.round(tookMs)} ms after NATS came back empty`);
  expectFairAnswers(answers);
  expect(pids()).toEqual(born);
  expect(stack.logOf('tenant-registry').split('a stream was gone').length - 1).toBe(4);
  await createTenant(stack);
}
