import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { InvalidArgumentError, TimeoutError } from '@nats-io/transport-node';
import type { Nats } from '@tenantry/service-kit';
import type { TenantDatabase } from '@tenantry/testing';
import type { OutboxSettings } from './settings.js';
import { takeRows } from './rows.js';
import { makeStreams, natsAs, ownEvent, removeHints, stored, until } from './test/broker.js';
import { createTenants, Tenants, waiting } from './test/tenants.js';
import { Writer } from './test/writer.js';

let acme: TenantDatabase;
let admin: Nats;
let tenants: Tenants;
let writer: Writer | undefined;

beforeAll(async () => {
  admin = await natsAs('admin');
  await makeStreams();
});
beforeEach(async () => {
  [acme] = (await createTenants(1)) as [TenantDatabase];
  tenants = new Tenants([acme]);
});
afterEach(async () => {
  await writer?.leave();
  await tenants.close();
  await acme.drop();
  await removeHints(admin, 'products');
});
afterAll(() => admin.close());

const start = (settings: Partial<OutboxSettings> = {}): Promise<Writer> =>
  Writer.start(tenants, { leaveMs: 0, ...settings });

/** So many events in the outbox that cannot be told: larger than NATS takes, or of a type that `refusing` refuses. */
const leave = (type: string, count: number, letters = 1): Promise<unknown> =>
  acme.query(
    `INSERT INTO outbox (type, dataschema, aggregate, data)
     SELECT $1, 'urn:x', 'stuck-' || n, to_jsonb(repeat('x', $3)) FROM generate_series(1, $2) AS n`,
    [type, count, letters],
  );

/** A broker that takes no event of these types, each time with that error. */
function refusing(of: Writer, types: Set<string>, error: () => Error): void {
  const { streams } = of.office;
  const publish = streams.publish.bind(streams);
  streams.publish = (subject, ...given) => (types.has(subject) ? Promise.reject(error()) : publish(subject, ...given));
}
const tooLarge = () => new InvalidArgumentError('payload max_payload size exceeded');

describe('events that cannot be told', () => {
  test.each([
    ['refused', tooLarge],
    ['not acknowledged', () => new TimeoutError()],
  ])('keep none of other aggregates waiting, though they fill more than a visit: %s', async (_, error) => {
    await leave('products.stuck', 250);
    writer = await start();
    refusing(writer, new Set(['events.products.stuck']), error);
    const event = ownEvent();
    for (let step = 1; step <= 3; step++) {
      await writer.write(event, acme.tenantId, { step });
      const told = await stored(admin, event.subject, step);
      expect(told.at(-1)?.envelope.data).toEqual({ step });
    }
    expect(await waiting(acme)).toBe(250);
  });

  test('keep none waiting where NATS itself finds them too large', async () => {
    await leave('products.huge', 5, 5_000_000);
    writer = await start({ batch: 2 });
    const event = ownEvent();
    await writer.write(event, acme.tenantId);
    expect(await stored(admin, event.subject, 1)).toHaveLength(1);
  });

  test('are tried again, and then told before what happened to the same thing after them', async () => {
    const [first, second] = [ownEvent(), ownEvent()];
    const aggregate = randomUUID();
    writer = await start({ batch: 3, maxBackoffMs: 200 });
    const types = new Set([first.subject]);
    let tries = 0;
    refusing(writer, types, () => (tries++, tooLarge()));
    for (let step = 1; step <= 8; step++)
      await writer.write(first, acme.tenantId, { aggregate: `${aggregate}-${step}` });
    await until(() => tries > 0);
    for (let step = 1; step <= 8; step++)
      await writer.write(second, acme.tenantId, { aggregate: `${aggregate}-${step}` });
    const other = ownEvent();
    await writer.write(other, acme.tenantId);
    await stored(admin, other.subject, 1);
    expect(await stored(admin, second.subject)).toEqual([]);
    types.clear();
    await until(async () => (await waiting(acme)) === 0);
    const told = [...(await stored(admin, first.subject, 8)), ...(await stored(admin, second.subject, 8))];
    expect(new Set(told.map(({ envelope }) => envelope.id)).size).toBe(16);
    const { streams } = await jetstreamManager(admin.connection, { checkAPI: false });
    const at = async (subject: string) => (await streams.getMessage('events', { last_by_subj: subject }))!.seq;
    expect(await at(first.subject)).toBeLessThan(await at(second.subject));
  });
});

test('a visit reads its own events by an index, however many of others wait, also when its plan is kept', async () => {
  await acme.query(`INSERT INTO outbox (type, dataschema, aggregate, data)
    SELECT CASE n % 1000 WHEN 0 THEN 'users.x' ELSE 'products.x' END, 'urn:x', n::text, '1'
    FROM generate_series(1, 20000) AS n`);
  await acme.query('ANALYZE outbox');
  let plan = '';
  const explain = async <Row>(name: string, text: string, values: unknown[] = []): Promise<Row[]> => {
    const given = values.map((value) => (typeof value === 'number' ? value : `'${String(value)}'`)).join(', ');
    // From the sixth time on PostgreSQL may keep one plan for all values.
    const often = `EXPLAIN EXECUTE ${name} (${given});`.repeat(10);
    const answers: unknown = await acme.query(`PREPARE ${name} AS ${text}; ${often}`);
    const { rows } = (answers as { rows: { 'QUERY PLAN': string }[] }[]).at(-1)!;
    plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    return [];
  };
  await takeRows(explain, 'users', 100, 0n);
  expect(plan).toContain('Index Scan using outbox_service on outbox ');
  expect(plan).not.toContain('Seq Scan');
});
