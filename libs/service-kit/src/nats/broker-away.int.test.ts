import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { OwnBroker, until, within } from '@tenantry/testing';
import { Asker, type Answer } from '../test/asker.js';
import { Child } from '../test/child.js';

// One broker of its own, with the gateway's half of the kit in this process and a booted service in another.
let broker: OwnBroker;
let service: Child;
let gateway: Asker;

beforeAll(async () => {
  broker = await OwnBroker.start();
  [gateway, service] = await Promise.all([Asker.start('gateway', broker.url), Child.ready({ url: broker.url })]);
});
afterAll(async () => {
  await service.kill();
  await gateway.close();
  broker.remove();
});

const plain = (text: string, deadlineMs = 5000): Promise<Answer> =>
  gateway.ask(service.messages.plain, { text }, { context: undefined, deadlineAt: performance.now() + deadlineMs });

/** With a signed context: the service asks the gateway for its key. */
const signed = async (): Promise<Answer> =>
  gateway.ask(service.messages.get, { id: randomUUID() }, { context: await gateway.context() });

const good = (answer: Promise<Answer>): Promise<boolean> =>
  answer.then(
    ({ status }) => status === 200,
    () => false,
  );

/** How long it takes until an asked-again question is answered well. */
async function recoveryMs(ask: () => Promise<Answer>): Promise<number> {
  const started = performance.now();
  while (!(await good(ask()))) {
    if (performance.now() - started > 20_000) return Number.POSITIVE_INFINITY;
    await sleep(50);
  }
  return performance.now() - started;
}

beforeEach(async () => expect(await recoveryMs(signed)).toBeLessThan(15_000));

describe('a broker', () => {
  test('that was killed and comes back finds everybody there again', async () => {
    broker.kill();
    expect(await service.becomes('readyz', 503)).toBe(true);
    await until('the gateway notices', 5000, () => !gateway.nats.isConnected);
    expect(await service.probe('livez')).toBe(200);
    await expect(within(50, plain('away'))).rejects.toMatchObject({ code: 'service-unavailable' });
    await broker.startAgain({ empty: false });
    expect(await recoveryMs(signed)).toBeLessThan(5000);
    expect(await service.becomes('readyz', 200)).toBe(true);
    expect(service.process.exitCode).toBeNull();
  });

  test('that comes back with an empty disk has lost no key', async () => {
    broker.kill();
    await sleep(500);
    await broker.startAgain({ empty: true });
    expect(await recoveryMs(signed)).toBeLessThan(5000);
    // A service that never saw the key.
    const fresh = await Child.ready({ url: broker.url });
    const ask = async (): Promise<Answer> =>
      gateway.ask(fresh.messages.get, { id: randomUUID() }, { context: await gateway.context() });
    expect(await recoveryMs(ask)).toBeLessThan(5000);
    await fresh.kill();
  });

  test('that stands still leaves nobody waiting past the deadline, and nothing is worked on late', async () => {
    const before = service.said.length;
    broker.signal('SIGSTOP');
    const asked = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => plain(`stopped ${i}`, 1000)));
    expect(asked.every(({ status }) => status === 'rejected')).toBe(true);
    broker.signal('SIGCONT');
    expect(await recoveryMs(() => plain('again'))).toBeLessThan(5000);
    expect(await service.becomes('livez', 200, 3000)).toBe(true);
    expect(service.said.slice(before).filter((text) => text.startsWith('stopped'))).toEqual([]);
  });

  test('that stands still for long is noticed, and a new connection is made when it goes on', async () => {
    broker.signal('SIGSTOP');
    await until('the gateway notices', 20_000, () => !gateway.nats.isConnected);
    await expect(plain('silent')).rejects.toMatchObject({ code: 'service-unavailable' });
    broker.signal('SIGCONT');
    expect(await recoveryMs(signed)).toBeLessThan(15_000);
  }, 60_000);
});
