import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { until, within } from '@tenantry/testing';
import { entityTag } from '../entity-tag.js';
import { currentRequest } from '../request-context.js';
import { ServiceError } from '../service-error.js';
import { Asker, type Answer } from '../test/asker.js';
import { keptLog } from '../test/broker.js';
import { product, startProducts } from '../test/products.js';

/** Holds work up until it is opened. */
class Gate {
  open: () => void = () => undefined;
  readonly opened = new Promise<void>((resolve) => (this.open = resolve));
}

const { log, lines } = keptLog('error');
let service: Awaited<ReturnType<typeof startProducts>>;
let asker: Asker;
const id = randomUUID();

beforeAll(async () => {
  service = await startProducts({ log, maxInFlight: 20 });
  asker = await Asker.start();
});
afterAll(async () => {
  await asker.close();
  await service.close();
});
beforeEach(() => {
  service.behaviour.get = ({ id }) => product(id);
  lines.length = 0;
});

const get = (changes: Parameters<Asker['ask']>[2] = {}, request: unknown = { id }): Promise<Answer> =>
  asker.ask(service.messages.get, request, changes);

describe('a message', () => {
  test('reaches its handler with the request and the caller, and comes back as the reply', async () => {
    let seen: unknown;
    service.behaviour.get = (request, caller) => {
      seen = { request, caller };
      return product(request.id);
    };
    const answer = await get();
    expect(answer).toMatchObject({ status: 200, body: product(id) });
    expect(seen).toEqual({
      request: { id },
      caller: {
        subject: `user:${asker.userId}`,
        userId: asker.userId,
        tenantId: asker.tenantId,
        session: expect.any(String),
        permissions: ['products:read', 'products:write'],
      },
    });
  });

  test('runs inside the scope of its tenant, with its deadline', async () => {
    service.scope.entered.length = 0;
    let enteredAt = 0;
    service.behaviour.get = ({ id }) => {
      enteredAt = performance.now();
      return product(id);
    };
    const askedAt = performance.now();
    await get({ deadlineAt: askedAt + 1000 });
    const [entered] = service.scope.entered;
    expect(entered).toMatchObject({
      tenantId: asker.tenantId,
      states: ['active'],
      subject: service.messages.get.subject,
    });
    // What was left when it was sent, counted from when it came, less what the process may have stood still for.
    expect(entered!.deadlineAt).toBeGreaterThan(askedAt + 500);
    expect(entered!.deadlineAt).toBeLessThanOrEqual(enteredAt + 1000);
  });

  test('tells where it was asked from, where that was said', async () => {
    let seen: unknown;
    service.behaviour.get = ({ id }) => {
      seen = currentRequest()?.client;
      return product(id);
    };
    const client = { address: '2001:db8::1', agent: 'curl/8.1' };
    await get({ client });
    expect(seen).toEqual(client);
    await get();
    expect(seen).toBeUndefined();
  });

  test('that writes needs If-Match, finds it in its handler, and is answered with the entity tag of what it made', async () => {
    const { update } = service.messages;
    expect(await asker.ask(update, { id })).toMatchObject({ status: 428, body: { code: 'precondition-required' } });
    const answer = await asker.ask(update, { id }, { ifMatch: entityTag(id, 6) });
    expect(answer).toMatchObject({ status: 200, etag: entityTag(id, 7) });
    expect(answer.body).toEqual(product(id));
    expect(await get()).toMatchObject({ status: 200, etag: undefined });
  });

  test('outside every tenant runs outside the scope', async () => {
    service.scope.entered.length = 0;
    await asker.ask(service.messages.plain, { text: 'x' });
    await asker.ask(service.messages.open, { id });
    expect(service.scope.entered).toEqual([]);
  });

  test('outside every tenant is for operators, whatever the permissions of a person in a tenant are called', async () => {
    const permissions = ['audit:read'];
    const operator = await asker.context({ sub: 'operator:x', tenant: null, session: null, permissions });
    expect(await asker.ask(service.messages.platform, { id }, { context: operator })).toMatchObject({ status: 200 });
    const person = await asker.context({ permissions });
    expect(await asker.ask(service.messages.platform, { id }, { context: person })).toMatchObject({ status: 403 });
  });

  test('outside every tenant is seen by the witness, once it may be asked and is valid; in a tenant it is not', async () => {
    const { plain } = service.messages;
    service.witness.seen.length = 0;
    await asker.ask(plain, { text: 'x' });
    await asker.ask(plain, { unknown: 1 });
    await get();
    expect(service.witness.seen).toEqual([{ subject: plain.subject, request: { text: 'x' } }]);
  });

  test('carries its request id and trace to whatever happens inside', async () => {
    let seen: unknown;
    service.behaviour.get = async ({ id }) => {
      await sleep(1);
      seen = currentRequest();
      return product(id);
    };
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await get({ requestId: 'request-0001', traceparent });
    expect(seen).toMatchObject({ requestId: 'request-0001', traceparent, caller: { tenantId: asker.tenantId } });
  });

  test('that makes something says 201 and its id', async () => {
    const answer = await asker.ask(service.messages.create, { name: 'Chair', price: '1.00' });
    expect(answer).toMatchObject({ status: 201, resourceId: answer.body['id'] });
  });

  test('that leaves nothing says 204 with no body', async () => {
    const answer = await asker.ask(service.messages.delete, { id });
    expect(answer).toMatchObject({ status: 204, body: {} });
  });
});

describe('a request', () => {
  test.each([
    ['a wrong type', { id: 7 }, 400, '/id'],
    ['an unknown field', { id, more: 1 }, 400, '/more'],
    ['a missing field', {}, 422, '/id'],
    ['an empty body', '', 422, '/id'],
  ])('with %s is refused with its pointer', async (_, request, status, pointer) => {
    const answer = await get({}, request);
    expect(answer.status).toBe(status);
    expect(answer.body['errors']).toEqual([expect.objectContaining({ pointer })]);
  });

  test.each(['{', '\u0000', 'undefined', '{"id":'])('that is no JSON (%j) is refused', async (body) => {
    expect(await get({}, body)).toMatchObject({ status: 400, body: { code: 'bad-request' } });
  });

  test('that is wrong in a hundred thousand places is refused, and the service lives', async () => {
    const flood = Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [`f${i}`, 1]));
    expect((await get({}, flood)).status).toBe(400);
    expect((await get()).status).toBe(200);
  });
});

describe('an answer', () => {
  test('that breaks the contract is a defect of ours, and never sent', async () => {
    service.behaviour.get = () => ({ ...product(), price: 12.5 }) as never;
    const answer = await get();
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal' } });
    expect(JSON.stringify(answer.body)).not.toContain('12.5');
    expect(JSON.stringify(lines)).toContain('against its contract');
  });

  test('with a field too many is caught too', async () => {
    service.behaviour.get = () => ({ ...product(), passwordHash: 'x' }) as never;
    expect((await get()).status).toBe(500);
  });

  test('that does not fit into a message is a defect of ours, and the service lives', async () => {
    const unchecked = await startProducts({ checkReplies: false });
    try {
      unchecked.behaviour.get = () => ({ ...product(), name: 'x'.repeat(5_000_000) });
      expect((await asker.ask(unchecked.messages.get, { id })).status).toBe(500);
      unchecked.behaviour.get = ({ id }) => product(id);
      expect((await asker.ask(unchecked.messages.get, { id })).status).toBe(200);
    } finally {
      await unchecked.close();
    }
  });

  test('is what was raised, with its fields and its time to wait', async () => {
    service.behaviour.get = () => {
      throw new ServiceError('tenant-maintenance', 'Closed for a minute.', { retryAfterSeconds: 61 });
    };
    expect(await get()).toMatchObject({
      status: 503,
      retryAfterSeconds: '61',
      body: { code: 'tenant-maintenance', detail: 'Closed for a minute.', type: '/problems/tenant-maintenance' },
    });
  });

  test.each([
    ['an error', () => new Error('relation "users" does not exist at 10.0.0.7')],
    ['a text', () => 'SELECT 1'],
    ['nothing', () => undefined],
  ])('to a handler that throws %s tells nothing, and the log tells all', async (_, thrown: () => unknown) => {
    service.behaviour.get = () => {
      throw thrown() as Error;
    };
    const answer = await get({ requestId: 'request-0002' });
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal' } });
    expect(JSON.stringify(answer.body)).not.toMatch(/relation|10\.0|SELECT/);
    expect(lines).toEqual([expect.objectContaining({ requestId: 'request-0002' })]);
  });
});

describe('time', () => {
  test('that has passed on the way stops a request before its handler', async () => {
    let ran = 0;
    service.behaviour.get = () => {
      ran++;
      return product();
    };
    const { subject } = service.messages.get;
    const headers = (await import('@nats-io/transport-node')).headers();
    headers.set('Context', await asker.context());
    headers.set('Deadline', '0');
    // Where the service may answer.
    const inbox = { noMux: true, reply: `${asker.nats.inboxPrefix}.products.${randomUUID()}` };
    const asked = { headers, timeout: 2000, ...inbox };
    const reply = await asker.nats.connection.request(subject, JSON.stringify({ id }), asked);
    expect(reply.json()).toMatchObject({ code: 'deadline-exceeded', status: 504 });
    expect(ran).toBe(0);
  });

  test('asked for beyond what the edge gives is cut to that', async () => {
    let [leftMs, deadlineAt] = [0, 0];
    service.behaviour.get = () => {
      ({ deadlineAt } = currentRequest()!);
      leftMs = deadlineAt - performance.now();
      return product();
    };
    const askedAt = performance.now();
    await get({ deadlineAt: askedAt + 3_600_000 });
    expect(leftMs).toBeLessThanOrEqual(5000);
    expect(deadlineAt).toBeGreaterThan(askedAt + 4500);
  });

  test('that is over ends the waiting with 504', async () => {
    const done = new Gate();
    service.behaviour.get = () => done.opened.then(() => product());
    const asked = get({ deadlineAt: performance.now() + 150 });
    await expect(within(400, asked)).rejects.toMatchObject({ code: 'deadline-exceeded' });
    done.open();
  });
});

describe('more work than the service may take', () => {
  test('is refused at once, and what was taken is answered', async () => {
    const done = new Gate();
    let begun = 0;
    service.behaviour.get = async ({ id }) => {
      begun++;
      await done.opened;
      return product(id);
    };
    const taken = Array.from({ length: 20 }, () => get());
    await until('all are begun', 4000, () => begun === 20);
    // While none of those in hand is answered: nobody waits for them.
    const refused = await Promise.all(Array.from({ length: 50 }, () => get()));
    done.open();
    expect(new Set(refused.map(({ status, body }) => `${status} ${String(body['code'])}`))).toEqual(
      new Set(['503 overloaded']),
    );
    expect(refused[0]?.retryAfterSeconds).toBe('1');
    expect((await Promise.all(taken)).map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect((await get()).status).toBe(200);
  });
});
