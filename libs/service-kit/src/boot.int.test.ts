import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '@tenantry/testing';
import { Asker, type Answer } from './test/asker.js';
import { Child } from './test/child.js';

let asker: Asker;
beforeAll(async () => void (asker = await Asker.start()));
afterAll(() => asker.close());

const ask = (child: Child, text: string, deadlineMs = 5000): Promise<Answer> =>
  asker.ask(child.messages.plain, { text }, { context: undefined, deadlineAt: performance.now() + deadlineMs });

describe('a service', () => {
  test('that lacks a setting ends at once, naming it', async () => {
    const child = await Child.spawn({ environment: { NATS_USER: '', NATS_PASSWORD: '', LOG_LEVEL: 'hunter2' } });
    expect(await child.end()).toBe(1);
    expect(child.errors).toMatch(/NATS_USER: is not set/);
    expect(child.errors).toMatch(/NATS_PASSWORD: is not set/);
    expect(child.errors).toMatch(/LOG_LEVEL/);
    expect(child.errors).not.toMatch(/hunter2| at /);
  });

  test('is alive before the broker is there, and ready only then', async () => {
    const child = await Child.spawn({ url: 'nats://127.0.0.1:1' });
    expect(await child.becomes('livez', 200)).toBe(true);
    expect(await child.probe('readyz')).toBe(503);
    await child.kill();
  });

  test('asked to leave while it waits for something does so, of its own accord', async () => {
    const child = await Child.spawn({ url: 'nats://127.0.0.1:1' });
    expect(await child.becomes('livez', 200)).toBe(true);
    child.signal('SIGTERM');
    // By a signal it does not listen to it would end here, but not as the first process of a container.
    expect(await child.end()).toBe(0);
  });

  test('asked to leave with 50 slow requests in hand gives 50 answers, takes no more, and ends', async () => {
    const child = await Child.ready({ workMs: 1500 });
    const taken = Array.from({ length: 50 }, (_, i) => ask(child, `request ${i}`));
    await until('all are begun', 10_000, () => child.said.length === 50);
    child.signal('SIGTERM');
    expect(await child.becomes('readyz', 503)).toBe(true);
    const refusal = () =>
      ask(child, 'late').then(
        () => undefined,
        ({ code }: { code: string }) => code,
      );
    // A moment passes until the broker knows.
    await until('it takes no more', 4000, async () => (await refusal()) === 'service-unavailable');
    expect((await Promise.all(taken)).map(({ body }) => body['text'])).toEqual(
      Array.from({ length: 50 }, (_, i) => `request ${i}`),
    );
    expect(await child.end()).toBe(0);
    expect(child.said.filter((text) => text !== 'late')).toHaveLength(50);
    expect(child.errors).toBe('');
  });

  test('loses nothing when it is asked to leave in the middle of a stream of requests', async () => {
    const [leaving, staying] = await Promise.all([Child.ready({ workMs: 20 }), Child.ready({ workMs: 20 })]);
    const asked: Promise<Answer>[] = [];
    for (let i = 0; i < 300; i++) {
      asked.push(ask(leaving, `request ${i}`).catch(() => ask(staying, 'elsewhere')));
      if (i === 150) leaving.signal('SIGTERM');
      await sleep(1);
    }
    const answers = await Promise.all(asked);
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    const here = answers.filter(({ body }) => body['text'] !== 'elsewhere');
    // Whatever it started on, it answered: nothing was done twice.
    expect(here).toHaveLength(leaving.said.length);
    expect(await leaving.end()).toBe(0);
    await staying.kill();
  });

  test('that stood still does not work on what nobody waits for any more, and is itself again after', async () => {
    const child = await Child.ready();
    await ask(child, 'before');
    child.signal('SIGSTOP');
    const late = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => ask(child, `late ${i}`, 1000)));
    expect(late.map((outcome) => outcome.status === 'rejected' && (outcome.reason as { code: string }).code)).toEqual(
      Array(20).fill('deadline-exceeded'),
    );
    await sleep(500);
    child.signal('SIGCONT');
    expect(await child.becomes('livez', 200)).toBe(true);
    await sleep(300);
    // With less time than it stood still for: what is sent after the stall has lost nothing.
    expect((await ask(child, 'after', 1000)).body['text']).toBe('after');
    expect(child.said).toEqual(['before', 'after']);
    await child.kill();
  });

  test('that stood still for a moment works on what is still waited for', async () => {
    const child = await Child.ready();
    child.signal('SIGSTOP');
    const waiting = ask(child, 'patient', 4000);
    await sleep(1000);
    child.signal('SIGCONT');
    expect((await waiting).body['text']).toBe('patient');
    await child.kill();
  });
});
