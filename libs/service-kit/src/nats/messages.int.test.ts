import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Msg } from '@nats-io/transport-node';
import { until, Wire, within } from '@tenantry/testing';
import { anonymous, withRequest } from '../request-context.js';
import { Asker } from '../test/asker.js';
import { natsAs, natsUrl } from '../test/broker.js';
import { ownMessages, product } from '../test/products.js';
import { Messages } from './messages.js';
import type { Nats } from './nats.js';

const messages = ownMessages();
const id = randomUUID();
let gateway: Asker;
let auth: Asker;
/** A service in another language: bare NATS. */
let service: Nats;

beforeAll(async () => {
  [gateway, auth, service] = await Promise.all([Asker.start('gateway'), Asker.start('auth'), natsAs('products')]);
});
afterAll(() => Promise.all([gateway.close(), auth.close(), service.close()]));

let stopAnswering: (() => void) | undefined;
async function answering(subject: string, answer: (msg: Msg) => void): Promise<void> {
  const subscription = service.connection.subscribe(subject, { callback: (_, msg) => answer(msg) });
  stopAnswering = () => subscription.unsubscribe();
  await service.connection.flush();
}
afterEach(() => stopAnswering?.());

const reply = async (msg: Msg, body: unknown, headers: Record<string, string> = { Status: '200' }): Promise<void> => {
  const { headers: make } = await import('@nats-io/transport-node');
  const made = make();
  for (const [name, value] of Object.entries(headers)) made.set(name, value);
  msg.respond(JSON.stringify(body), { headers: made });
};

function collectGarbage(type: 'minor' | 'major'): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as (options: { type: string }) => void)({ type });
}

/** Bytes in use once all garbage is gone. */
function heapInUse(): number {
  collectGarbage('major');
  return process.memoryUsage().heapUsed;
}

describe('a question that nobody answers', () => {
  test('is service-unavailable at once where nobody listens', async () => {
    const ask = (): Promise<unknown> => gateway.ask(messages.get, { id });
    await expect(within(200, ask())).rejects.toMatchObject({ code: 'service-unavailable', retryAfterSeconds: 1 });
  });

  test('is deadline-exceeded when its time is over, no sooner and no later', async () => {
    await answering(messages.get.subject, () => undefined);
    const ask = (): Promise<unknown> => gateway.ask(messages.get, { id }, { deadlineAt: performance.now() + 300 });
    const startedAt = performance.now();
    await expect(within(600, ask())).rejects.toMatchObject({ code: 'deadline-exceeded' });
    expect(performance.now() - startedAt).toBeGreaterThan(250);
  });

  test.each(['\r', '\n', '\r\n'])('is not sent with a header that would be read as two: %j', async (end) => {
    const before = gateway.nats.connection.stats().outMsgs;
    const ask = (): Promise<unknown> => gateway.ask(messages.get, { id }, { ifMatch: `"x"${end}Deadline: 9` });
    await expect(within(200, ask())).rejects.toThrow('If-Match');
    expect(gateway.nats.connection.stats().outMsgs).toBe(before);
  });

  test('is not even sent when its time is over already', async () => {
    const before = gateway.nats.connection.stats().outMsgs;
    await expect(gateway.ask(messages.get, { id }, { deadlineAt: performance.now() })).rejects.toMatchObject({
      code: 'deadline-exceeded',
    });
    expect(gateway.nats.connection.stats().outMsgs).toBe(before);
  });

  test('leaves no memory behind, ten thousand times', async () => {
    await answering(messages.plain.subject, () => undefined);
    const dead = (): Promise<unknown> =>
      gateway.messages.send(messages.plain, '{"text":"x"}', {
        requestId: 'request-1',
        deadlineAt: performance.now() + 50,
      });
    const thousand = (): Promise<unknown> => Promise.allSettled(Array.from({ length: 1000 }, dead));
    await thousand();
    const before = heapInUse();
    for (let i = 0; i < 10; i++) await thousand();
    await sleep(200);
    expect(gateway.messages.pending).toBe(0);
    expect(heapInUse() - before).toBeLessThan(1_000_000);
  });
});

describe('an answer', () => {
  test('comes as the bytes it was sent as', async () => {
    await answering(messages.get.subject, (msg) => void reply(msg, { odd: '  spacing ' }));
    const raw = await gateway.messages.send(messages.get, '{}', {
      requestId: 'r',
      deadlineAt: performance.now() + 1000,
    });
    expect(Buffer.from(raw.body).toString()).toBe('{"odd":"  spacing "}');
  });

  // V8 keeps old copies of a Map that is written and deleted from all the time, and what they hold (docs/performance.md).
  test('that was taken is not to be found any more from what the Map of open questions held', async () => {
    await answering(messages.plain.subject, (msg) => void reply(msg, { text: 'x' }));
    const set = jest.spyOn(Map.prototype, 'set');
    const asked = Array.from({ length: 20 }, () => gateway.ask(messages.plain, {}, { context: undefined }));
    const open = set.mock.calls
      .map(([, entry]) => entry as object)
      .filter((entry) => Object.hasOwn(entry ?? {}, 'asker'));
    set.mockRestore();
    expect(open).toHaveLength(asked.length);
    await Promise.all(asked);
    expect(open.map((entry) => (entry as { asker: unknown }).asker)).toEqual(asked.map(() => undefined));
  });

  test.each<Record<string, string>>([{}, { Status: '' }, { Status: 'fine' }, { Status: '99' }, { Status: '700' }])(
    'whose headers are %j is a defect',
    async (headers) => {
      await answering(messages.get.subject, (msg) => void reply(msg, {}, headers));
      await expect(gateway.ask(messages.get, { id })).rejects.toMatchObject({ code: 'internal' });
    },
  );
});

describe('what is as large as it may be', () => {
  test('goes through: a body of a megabyte with its headers, and a page of the longest rows', async () => {
    const body = JSON.stringify({ text: 'x'.repeat(1024 * 1024 - 11) });
    const page = JSON.stringify(Array.from({ length: 100 }, () => '\u0001'.repeat(4000)));
    let heard = 0;
    await answering(messages.get.subject, (msg) => {
      heard = msg.data.length;
      void reply(msg, JSON.parse(page));
    });
    const raw = await gateway.messages.send(messages.get, body, {
      tenantId: gateway.tenantId,
      context: await gateway.context({ permissions: Array.from({ length: 200 }, (_, n) => `permission-${n}:write`) }),
      requestId: 'r'.repeat(64),
      idempotencyKey: 'k'.repeat(255),
      deadlineAt: performance.now() + 5000,
    });
    expect([heard, raw.body.length]).toEqual([1024 * 1024, page.length]);
  });
});

describe('a service that asks for itself', () => {
  const heard: { headers: Record<string, string[]>; body: unknown }[] = [];
  const keep = (msg: Msg): void =>
    void heard.push({ headers: Object.fromEntries(msg.headers ?? []), body: msg.json() });
  beforeEach(() => void heard.splice(0));

  test('states its own permission, in the tenant it names, and reads the answer', async () => {
    await answering(messages.inner.subject, (msg) => {
      keep(msg);
      void reply(msg, product(id));
    });
    // The rights of NATS let auth ask users, not products: the gateway's connection stands in.
    const asking = new Messages(gateway.nats, auth.signer);
    const answer = await asking.ask(messages.inner, { id }, { tenantId: gateway.tenantId });
    expect(answer).toEqual(product(id));
    const [{ headers, body } = { headers: {}, body: null }] = heard;
    expect(body).toEqual({ id });
    const claims = JSON.parse(
      Buffer.from(headers['Context']?.[0]?.split('.')[1] ?? '', 'base64url').toString(),
    ) as object;
    expect(claims).toMatchObject({
      iss: 'auth',
      aud: 'products',
      sub: 'system:auth',
      tenant: gateway.tenantId,
      permissions: ['system:auth'],
    });
    expect(headers['Tenant-Id']).toEqual([gateway.tenantId]);
    await asking.ask(messages.inner, { id }, { tenantId: gateway.tenantId });
    expect(heard[1]?.headers['Context']).toEqual(headers['Context']);
    await asking.ask(messages.inner, { id }, { tenantId: randomUUID() });
    expect(heard[2]?.headers['Context']).not.toEqual(headers['Context']);
  });

  test('hands down request id, trace, client, and what is left of the time', async () => {
    await answering(messages.plain.subject, (msg) => {
      keep(msg);
      void reply(msg, { text: 'x' });
    });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const deadlineAt = performance.now() + 700;
    const client = { address: '192.0.2.1', agent: undefined };
    await withRequest({ requestId: 'request-9', traceparent, caller: anonymous, deadlineAt, client }, () =>
      gateway.messages.ask(messages.plain, { text: 'x' }),
    );
    const [{ headers } = { headers: {} as Record<string, string[]> }] = heard;
    expect(headers).toMatchObject({
      'Request-Id': ['request-9'],
      traceparent: [traceparent],
      'Client-Address': ['192.0.2.1'],
    });
    expect(headers).not.toHaveProperty('Client-Agent');
    expect(Number(headers['Deadline'])).toBeLessThanOrEqual(700);
    expect(headers['Context']).toBeUndefined();
  });

  test('raises what the other raised', async () => {
    const problem = { code: 'conflict', detail: 'Taken.', errors: [{ pointer: '/x', code: 'y', message: 'z' }] };
    await answering(messages.plain.subject, (msg) => void reply(msg, problem, { Status: '409', 'Retry-After': '7' }));
    const { code, detail: message, errors } = problem;
    const raised = { code, message, errors, retryAfterSeconds: 7 };
    await expect(gateway.messages.ask(messages.plain, {})).rejects.toMatchObject(raised);
  });

  test.each(['made-up', 'constructor', undefined])('takes a failure with the code %p for a defect', async (code) => {
    await answering(messages.plain.subject, (msg) => void reply(msg, { code }, { Status: '418' }));
    await expect(gateway.messages.ask(messages.plain, {})).rejects.toMatchObject({ code: 'internal' });
  });

  test('takes a failure that is no JSON for a defect', async () => {
    await answering(messages.plain.subject, (msg) => void reply(msg, undefined, { Status: '500' }));
    await expect(gateway.messages.ask(messages.plain, {})).rejects.toMatchObject({ code: 'internal' });
  });

  test('cannot ask what only a person may', async () => {
    await expect(gateway.messages.ask(messages.get, { id })).rejects.toThrow(TypeError);
  });
});

describe('while the broker is away', () => {
  test('a question is refused at once, and never delivered later', async () => {
    const wire = await Wire.lay(natsUrl());
    const asker = await Asker.start('gateway', wire.url);
    let heard = 0;
    await answering(messages.plain.subject, (msg) => {
      heard++;
      void reply(msg, { text: 'x' });
    });
    const ask = (): Promise<unknown> =>
      asker.ask(messages.plain, { text: 'x' }, { context: undefined, deadlineAt: performance.now() + 1000 });
    await ask();
    wire.cut();
    // From the very moment of the loss on, in every turn of the event loop.
    const started = performance.now();
    const asked: Promise<unknown>[] = [];
    while (performance.now() - started < 300) {
      asked.push(ask());
      await new Promise((resolve) => setImmediate(resolve));
    }
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toEqual([]);
    await expect(within(50, ask())).rejects.toMatchObject({ code: 'service-unavailable' });
    const before = heard;
    wire.mend();
    await until('the broker is back', 5000, () => asker.nats.isConnected);
    await ask();
    await sleep(200);
    expect(heard - before).toBe(1);
    await asker.close();
    wire.remove();
  });
});
