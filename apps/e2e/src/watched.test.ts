import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuditEvent, TenantAuditEvent } from '@tenantry/contracts';
import {
  attributeOf,
  createTenant,
  OtlpReceiver,
  type ReceivedSpan,
  Stack,
  type StackTenant,
  until,
} from '@tenantry/testing';
import { noSecretInLogs } from './stories/no-secret-in-logs.js';
import { tooLargeBudgets } from './watched/too-large-budgets.js';
import { metricsOf, queries } from './watched/queries.js';

let receiver: OtlpReceiver;
let stack: Stack;
let tenant: StackTenant;
beforeAll(async () => {
  receiver = await OtlpReceiver.start();
  // Three services with tenants may open three thousand connections to a cluster of three hundred.
  stack = await Stack.start({ env: { ...receiver.env, CONNECTION_BUDGET: '1000' } });
  tenant = await createTenant(stack);
}, 150_000);
afterAll(async () => {
  await stack?.stop();
  receiver.close();
}, 60_000);

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const requestId = 'request-of-this-story';
const secretName = 'Anvil of nobody else 4711';

/** Each process sends its spans when it likes to. */
const sentWithinMs = 20_000;

/** Such spans, once each of these services has sent one and they are whole. */
async function spansOf(
  is: (span: ReceivedSpan) => boolean,
  services: readonly string[],
  isWhole: (spans: readonly ReceivedSpan[]) => boolean = () => true,
): Promise<ReceivedSpan[]> {
  const found = (): ReceivedSpan[] => receiver.spans.filter(is);
  await until(`spans of ${services.join(' and ')} have come`, sentWithinMs, () => {
    const senders = new Set(found().map(({ service }) => service));
    return services.every((service) => senders.has(service)) && isWhole(found());
  });
  // Those that should not be there come about as soon.
  await sleep(500);
  return found();
}
const ofTrace =
  (trace: string) =>
  ({ traceId: each }: ReceivedSpan): boolean =>
    each === trace;
const ofRequest =
  (id: string) =>
  (span: ReceivedSpan): boolean =>
    attributeOf(span, 'tenantry.request_id') === id;

const pathUp = (span: ReceivedSpan | undefined, all: readonly ReceivedSpan[]): string[] =>
  span
    ? [
        `${span.service} ${span.name}`,
        ...pathUp(
          all.find(({ spanId }) => spanId === span.parentSpanId),
          all,
        ),
      ]
    : [];

/** The series of a metric, as `# TYPE` announces it. */
const seriesOf = ([, name = '', type]: RegExpMatchArray): string[] =>
  type === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => name + suffix) : [name];

describe('one request', () => {
  it('is one trace from HTTP over NATS to SQL, its logs on every hop have its id, and no value of it is in the trace', async () => {
    // The client's own wish not to be sampled does not count: that is decided at the edge.
    const headers = { 'x-request-id': requestId, traceparent: `00-${traceId}-00f067aa0ba902b7-00` };
    const product = { name: secretName, price: '12.50', stockQuantity: 3 };
    expect((await tenant.admin.with(headers).post('/v1/products', product)).status).toBe(201);
    const insertOf = (all: readonly ReceivedSpan[]) =>
      all.find((span) => /insert/i.test(attributeOf(span, 'db.query.text') ?? ''));
    const spans = await spansOf(ofTrace(traceId), ['gateway', 'products'], (all) => {
      return pathUp(insertOf(all), all).length === 4;
    });
    const insert = insertOf(spans);
    expect(pathUp(insert, spans).slice(1)).toEqual([
      'products products.create',
      'gateway products.create',
      'gateway POST /v1/products',
    ]);
    expect(new Set(spans.map((span) => attributeOf(span, 'tenantry.tenant_id')))).toEqual(new Set([tenant.id]));
    expect(new Set(spans.map((span) => attributeOf(span, 'tenantry.request_id')))).toEqual(new Set([requestId]));
    expect(attributeOf(insert!, 'db.system.name')).toBe('postgresql');
    for (const hop of ['gateway', 'products']) {
      const lines = stack.logOf(hop).split('\n');
      const own = lines.filter((line) => line.includes(requestId)).map((line) => JSON.parse(line) as object);
      expect(own).toContainEqual(expect.objectContaining({ requestId, traceId, tenantId: tenant.id, status: 201 }));
    }
  });

  it('of an operator is found by its id in the logs of every hop, in the trace, and in the audit', async () => {
    const asked = stack.operator.with({ 'x-request-id': 'operators-request-of-this-story', 'x-reason': 'a look' });
    expect((await asked.get(`/v1/admin/tenants/${tenant.id}`)).status).toBe(200);
    const hops = ['gateway', 'tenant-registry'];
    const spans = await spansOf(ofRequest('operators-request-of-this-story'), hops);
    expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(hops));
    for (const hop of hops) expect(stack.logOf(hop)).toContain('operators-request-of-this-story');
    const path = `/v1/admin/audit-events?tenant=${tenant.id}&action=tenants.get`;
    const { body } = await stack.operator.get<{ data: AuditEvent[] }>(path);
    expect(body.data).toContainEqual(
      expect.objectContaining({ requestId: 'operators-request-of-this-story', reason: 'a look', outcome: 'succeeded' }),
    );
  });

  it('of an admin is found by its id in the logs of every hop, in the trace, and in the audit of the tenant', async () => {
    const id = 'change-of-this-story';
    const person = { email: 'grace@watched.example', password: 'correct-horse-battery-9', roles: ['viewer'] };
    const body = { ...person, firstName: 'Grace', lastName: 'Hopper' };
    expect((await tenant.admin.with({ 'x-request-id': id }).post('/v1/users', body)).status).toBe(201);
    const audit = await tenant.admin.get<{ data: TenantAuditEvent[] }>('/v1/audit-events?action=users.created');
    expect(audit.body.data.filter((event) => event.requestId === id)).toHaveLength(1);
    const [{ traceId: trace }] = (await spansOf(ofRequest(id), ['gateway', 'users'])) as [ReceivedSpan];
    await spansOf(ofTrace(trace), ['gateway', 'users']);
    for (const hop of ['gateway', 'users']) {
      const lines = stack.logOf(hop).split('\n');
      const own = lines.filter((line) => line.includes(id)).map((line) => JSON.parse(line) as object);
      expect(own).toContainEqual(
        expect.objectContaining({ requestId: id, traceId: trace, tenantId: tenant.id, status: 201 }),
      );
    }
  });

  it('leaves no value and no secret in any trace', () => {
    expect(receiver.text).toContain('INSERT');
    for (const text of [secretName, ...stack.secrets]) expect(receiver.text).not.toContain(text);
  });
});

describe('without a trace of its own', () => {
  it('a login is one trace through auth and users', async () => {
    const headers = { 'x-tenant': tenant.slug, 'x-request-id': 'login-of-this-story' };
    const { email, password } = tenant;
    expect((await stack.http.with(headers).post('/v1/auth/login', { email, password })).status).toBe(200);
    const all = ['gateway', 'auth', 'users'];
    const [{ traceId: trace }] = (await spansOf(ofRequest('login-of-this-story'), all)) as [ReceivedSpan];
    const services = (await spansOf(ofTrace(trace), all)).map(({ service }) => service);
    expect(new Set(services)).toEqual(new Set(all));
  });
});

describe('spans', () => {
  interface Case {
    readonly what: string;
    readonly kind: number;
    readonly is: (span: ReceivedSpan) => boolean;
    /** Each a text, or the form of one; undefined is not there. */
    readonly attributes: Record<string, string | RegExp | undefined>;
  }
  const [server, client, consumer] = [2, 3, 5];
  const messaging = { 'messaging.system': 'nats', 'messaging.destination.name': 'products.create' };
  const operation = (name: string) => ({ 'messaging.operation.name': name, 'messaging.operation.type': name });
  const sql = { 'db.system.name': 'postgresql', 'db.namespace': /^t_[0-9a-f]{32}$/, 'db.query.text': /\w/ };

  beforeAll(async () => {
    await stack.http.get('/nowhere-in-particular?with=what-is-nobodys-business');
    const person = { email: 'ada@watched.example', password: 'correct-horse-battery-9', roles: ['viewer'] };
    const body = { ...person, firstName: 'Ada', lastName: 'Lovelace' };
    const made = await tenant.admin.post<{ id: string }>('/v1/users', body);
    // Told to auth by an event, too; and then the same person again, which the database refuses.
    const asked = tenant.admin.with({ 'if-match': String(made.headers.etag) });
    expect((await asked.patch(`/v1/users/${made.body.id}`, { roles: ['manager'] })).status).toBe(200);
    expect((await tenant.admin.post('/v1/users', body)).status).toBe(409);
  });

  it.each<Case>([
    {
      what: 'a request',
      kind: server,
      is: ({ name }) => name === 'POST /v1/products',
      attributes: {
        ...{ 'http.request.method': 'POST', 'http.route': '/v1/products', 'http.response.status_code': '201' },
        ...{ 'url.path': '/v1/products', 'url.scheme': 'http' },
      },
    },
    {
      what: 'a request to no route',
      kind: server,
      is: ({ name }) => name === 'GET',
      attributes: { 'http.route': undefined, 'url.path': '/nowhere-in-particular', 'http.response.status_code': '404' },
    },
    {
      what: 'a message asked',
      kind: client,
      is: ({ name, service }) => name === 'products.create' && service === 'gateway',
      attributes: { ...messaging, ...operation('send') },
    },
    {
      what: 'a message answered',
      kind: server,
      is: ({ name, service }) => name === 'products.create' && service === 'products',
      attributes: { ...messaging, ...operation('process') },
    },
    {
      what: 'an event heard',
      kind: consumer,
      is: ({ name, service }) => name.startsWith('events.') && service === 'auth',
      attributes: { 'messaging.system': 'nats', ...operation('process') },
    },
    {
      what: 'a statement',
      kind: client,
      is: (span) => attributeOf(span, 'db.operation.name') === 'INSERT' && span.service === 'products',
      attributes: { ...sql, 'db.operation.name': 'INSERT', 'error.type': undefined },
    },
    {
      what: 'a statement that is refused',
      kind: client,
      is: (span) => attributeOf(span, 'error.type') === '23505' && span.service === 'users',
      attributes: { ...sql, 'db.response.status_code': '23505' },
    },
  ])('of $what say what the semantic conventions ask', async ({ kind, is, attributes }) => {
    await until('it has come', sentWithinMs, () => receiver.spans.some(is));
    const span = receiver.spans.find(is)!;
    expect(span.kind).toBe(kind);
    for (const [name, value] of Object.entries(attributes))
      expect([name, attributeOf(span, name)]).toEqual([
        name,
        value instanceof RegExp ? expect.stringMatching(value) : value,
      ]);
  });
});

describe('the dashboard and the alerts', () => {
  it('ask for nothing that nobody tells', async () => {
    const pages = await Promise.all(
      ['gateway', 'auth', 'users', 'products', 'tenant-registry'].map((name) => stack.metricsOf(name)),
    );
    const told = new Set(pages.flatMap((page) => Array.from(page.matchAll(/^# TYPE (\w+) (\w+)$/gm), seriesOf).flat()));
    const asked = [...new Set(queries().flatMap(metricsOf))];
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.filter((name) => !told.has(name))).toEqual([]);
  });

  it('show the work that was done', async () => {
    const gateway = await stack.metricsOf('gateway');
    expect(gateway).toMatch(
      /duration_seconds_count\{.*http_route="\/v1\/products",http_response_status_code="201"\} [1-9]/,
    );
    const products = await stack.metricsOf('products');
    expect(products).toMatch(/message_duration_seconds_count\{.*message="products.create",status="201"\} [1-9]/);
    expect(products).toMatch(/tenantry_pool_borrowed_total\{.*\} [1-9]/);
    expect(products).toContain(`tenant="${tenant.id}"`);
  });
});

tooLargeBudgets(() => stack);
noSecretInLogs(() => stack);
