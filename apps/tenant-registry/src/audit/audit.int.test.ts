import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Audit, type AuditEvent, type Message, Operators, Tenants } from '@tenantry/contracts';
import { createLog, ServiceError, withRequest } from '@tenantry/service-kit';
import { OperatorRow } from '../operators/operator.entity.js';
import { Pages } from '../pages.js';
import { createRegistryDatabase, type RegistryDatabase, withoutReplica } from '../test/registry-database.js';
import { AuditEventRow } from './audit-event.entity.js';
import { AuditRepository } from './audit.repository.js';
import { AuditService } from './audit.service.js';
import { AuditTrail } from './audit-trail.js';

const operatorId = '0192f0c1-2b3c-7d4e-8f50-6172839405a7';
const tenantId = '0192f0c1-2b3c-7d4e-8f50-6172839405a8';
const caller = { subject: `operator:${operatorId}`, userId: null, tenantId: null, session: null, permissions: [] };

const keptDays = 30;

let database: RegistryDatabase;
let audit: AuditService;
let trail: AuditTrail;

beforeAll(async () => {
  database = await createRegistryDatabase([AuditEventRow, OperatorRow]);
  const events = new AuditRepository(database.source.getRepository(AuditEventRow), { OPERATOR_AUDIT_DAYS: keptDays });
  audit = new AuditService(events, new Pages({ MASTER_KEY: randomBytes(32) }, withoutReplica(database.source)));
  trail = new AuditTrail(events, createLog({ service: 'tenant-registry', instance: 'test', level: 'silent' }));
  await database.source.query(
    `INSERT INTO operators (id, name, key_hash, scopes) VALUES ($1, 'robot', 'x', '{tenants:write}')`,
    [operatorId],
  );
});
beforeEach(() => database.source.query('TRUNCATE audit_events'));
afterAll(() => database?.drop());

let asked = 0;
/** As the message server asks. */
const ask = <Result>(message: Message, request: unknown, work: () => Promise<Result>, reason?: string) =>
  withRequest(
    {
      ...{ requestId: `request-${++asked}`, traceparent: undefined, caller, deadlineAt: performance.now() + 5000 },
      ...{ client: { address: '192.0.2.1', agent: undefined }, reason },
    },
    () => trail.around(message, request, work),
  );
const events = async (search: object = {}): Promise<AuditEvent[]> =>
  (await audit.list(Audit.list.request.parse({ limit: 100, ...search }))).data;

describe('what an operator does', () => {
  it('stands in the audit with who, what, to whom, why and how it ended', async () => {
    await ask(Tenants.create, {}, async () => ({ tenant: { id: tenantId } }), 'a new customer');
    expect(await events()).toEqual([
      {
        ...{ id: expect.any(String), at: expect.stringMatching(/^20.*Z$/), requestId: `request-${asked}` },
        ...{ actor: caller.subject, actorName: 'robot', action: 'tenants.create', tenantId, target: null },
        ...{ reason: 'a new customer', address: '192.0.2.1', outcome: 'succeeded' },
      },
    ]);
  });

  it('stands there before it is done, so that no change is without a record', async () => {
    await ask(Tenants.create, {}, async () => {
      expect(await events()).toMatchObject([{ outcome: 'begun' }]);
      return {};
    });
    expect(await events()).toMatchObject([{ outcome: 'succeeded' }]);
  });

  it('is not done when it cannot be recorded', async () => {
    await database.source.query('ALTER TABLE audit_events RENAME TO gone');
    let isDone = false;
    const asking = ask(Operators.revoke, { id: tenantId }, async () => void (isDone = true));
    await expect(asking).rejects.toThrow(/audit_events/);
    await database.source.query('ALTER TABLE gone RENAME TO audit_events');
    expect(isDone).toBe(false);
  });

  it('stands there with the error when it was refused, and the error goes on', async () => {
    const refused = ask(Operators.revoke, { id: tenantId }, () =>
      Promise.reject(new ServiceError('not-found', 'There is none.')),
    );
    await expect(refused).rejects.toMatchObject({ code: 'not-found' });
    const broken = ask(Tenants.list, {}, () => Promise.reject(new TypeError('a defect')));
    await expect(broken).rejects.toThrow('a defect');
    expect(await events()).toMatchObject([
      { action: 'tenants.list', outcome: 'internal' },
      { action: 'tenants.operators.revoke', outcome: 'not-found', target: tenantId, tenantId: null },
    ]);
  });

  it('is recorded when it only reads; what services ask each other is not', async () => {
    await ask(Tenants.get, { id: tenantId }, async () => ({ id: tenantId }));
    await ask(Tenants.locate, { id: tenantId }, async () => ({}));
    await ask(Operators.find, {}, async () => ({}));
    expect(await events()).toMatchObject([{ action: 'tenants.get', tenantId, outcome: 'succeeded' }]);
  });

  it('has the reason of the request itself where that gives one', async () => {
    await ask(Tenants.create, { reason: 'of the body' }, async () => ({}), 'of the header');
    expect(await events()).toMatchObject([{ reason: 'of the body' }]);
  });

  it('is told by the gateway where that refused it', async () => {
    await audit.refuse({
      ...{ actor: caller.subject, action: 'tenants.get', outcome: 'forbidden', id: tenantId },
      requestId: 'request-of-gateway',
    });
    expect(await events()).toMatchObject([{ outcome: 'forbidden', tenantId, requestId: 'request-of-gateway' }]);
  });
});

describe('what is older than it is kept', () => {
  /** So many rows, each this old. */
  const written = (count: number, daysAgo: number) =>
    database.source.query(
      `INSERT INTO audit_events (id, at, actor, action, request_id, outcome)
       SELECT uuidv7(age), now() + age, 'operator:x', 'tenants.list', 'r', 'succeeded'
       FROM make_interval(days => -$2::integer) AS age, generate_series(1, $1)`,
      [count, daysAgo],
    );
  /** As a write does that is the one in many, or is not. */
  const write = async (isTheOne: boolean) => {
    jest.spyOn(Math, 'random').mockReturnValue(isTheOne ? 0 : 0.5);
    await ask(Tenants.get, { id: tenantId }, async () => ({}));
  };
  const left = async () => {
    const [row] = await database.source.query<{ count: number }[]>(
      `SELECT count(*)::int AS count FROM audit_events WHERE action = 'tenants.list'`,
    );
    return row!.count;
  };
  afterEach(() => void jest.restoreAllMocks());

  it('goes with one write in many, and nothing else does', async () => {
    await written(3, keptDays + 1);
    await written(2, keptDays - 1);
    await write(false);
    expect(await left()).toBe(5);
    await write(true);
    expect(await left()).toBe(2);
    expect(await events({ action: 'tenants.get' })).toHaveLength(2);
  });

  it('goes so many at once and no more, the oldest first', async () => {
    await written(1, 400);
    await written(700, keptDays + 1);
    await write(true);
    expect(await left()).toBe(201);
    const [oldest] = await database.source.query<object[]>(
      `SELECT 1 FROM audit_events WHERE at < now() - interval '399 days'`,
    );
    expect(oldest).toBeUndefined();
    await write(true);
    expect(await left()).toBe(0);
  });
});

describe('the search', () => {
  beforeEach(async () => {
    await ask(Tenants.get, { id: tenantId }, async () => ({}));
    await ask(Tenants.list, {}, async () => ({}));
    await ask(Operators.revoke, { id: tenantId }, async () => null);
  });

  it.each([
    [{ action: 'tenants.list' }, ['tenants.list']],
    [{ tenant: tenantId }, ['tenants.get']],
    [{ actor: caller.subject, outcome: 'succeeded' }, ['tenants.operators.revoke', 'tenants.list', 'tenants.get']],
    [{ actor: 'operator:other' }, []],
    [{ outcome: `x' OR true --` }, []],
    [{ from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00+02:00' }, []],
    [{ from: '2020-01-01T00:00:00Z', to: '2099-01-01T00:00:00Z', action: 'tenants.get' }, ['tenants.get']],
  ])('finds by %j %j', async (search, actions) => {
    expect((await events(search)).map(({ action }) => action)).toEqual(actions);
  });

  it('goes on where the page before ended, with the same filters only', async () => {
    const search = { limit: 1, actor: caller.subject };
    const { data, nextCursor } = await audit.list(search);
    const rest = await audit.list({ ...search, limit: 100, cursor: nextCursor! });
    expect([...data, ...rest.data]).toEqual(await events());
    await expect(audit.list({ limit: 1, cursor: nextCursor! })).rejects.toMatchObject({ code: 'invalid-cursor' });
  });
});
