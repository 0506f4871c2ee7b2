import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Replayed, ServiceError } from '@tenantry/service-kit';
import type { TenantDatabase } from '@tenantry/testing';
import { KeyedWrites } from './keyed-writes.js';
import { createTenants, made, Tenants } from './test/tenants.js';
import { asked, Writer } from './test/writer.js';

let acme: TenantDatabase;
let globex: TenantDatabase;
let tenants: Tenants;
let writer: Writer;
let keyed: KeyedWrites;
const masterKey = randomBytes(32);

beforeAll(async () => {
  const databases = await createTenants(2);
  [acme, globex] = databases as [TenantDatabase, TenantDatabase];
  tenants = new Tenants(databases);
  writer = await Writer.start(tenants);
  keyed = new KeyedWrites(tenants, writer.office.outbox, [masterKey]);
});
afterAll(async () => {
  await writer.leave();
  await tenants.close();
  await Promise.all([acme.drop(), globex.drop()]);
});

const make = async (name: string): Promise<object> => {
  await tenants.query('make', 'INSERT INTO products (name, price) VALUES ($1, 1)', [name]);
  return { name, amounts: { b: 1, a: 2 } };
};

interface Changes {
  readonly key?: string;
  readonly caller?: string;
  readonly subject?: string;
  readonly request?: unknown;
  readonly work?: () => Promise<unknown>;
  readonly tenant?: TenantDatabase;
  readonly by?: KeyedWrites;
}

/** Makes a product of that name under the key of that name. */
function write(name: string, changes: Changes = {}): Promise<unknown> {
  const { work = () => make(name), tenant = acme, by = keyed, ...rest } = changes;
  const request = { key: name, caller: 'user:ada', subject: 'products.create', request: { name }, ...rest };
  return asked(tenants, tenant.tenantId, () => by.once(request, work));
}

const codeOf = (outcome: PromiseSettledResult<unknown>): string =>
  outcome.status === 'fulfilled'
    ? outcome.value instanceof Replayed
      ? 'replayed'
      : 'done'
    : (outcome.reason as ServiceError).code;

describe('a write under a key', () => {
  test('is done once; its answer comes again as it was', async () => {
    const name = randomUUID();
    const first = await write(name);
    const again = await write(name);
    expect(again).toBeInstanceOf(Replayed);
    expect(JSON.stringify((again as Replayed).answer)).toBe(JSON.stringify(first));
    expect(await made(acme, name)).toBe(1);
  });

  test('sent fifty times at once is done once; the others hear the answer, or that it is on its way', async () => {
    const name = randomUUID();
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => write(name)));
    const codes = outcomes.map(codeOf);
    expect(codes.filter((code) => code === 'done')).toHaveLength(1);
    expect(
      [...new Set(codes)].filter((code) => !['done', 'replayed', 'idempotency-in-progress'].includes(code)),
    ).toEqual([]);
    expect(await made(acme, name)).toBe(1);
    expect(codeOf((await Promise.allSettled([write(name)]))[0])).toBe('replayed');
  });

  test('is refused at once while the first is at work', async () => {
    const name = randomUUID();
    const begun = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const work = async (): Promise<unknown> => {
      begun.resolve();
      await held.promise;
      return make(name);
    };
    const first = write(name, { work });
    await begun.promise;
    await expect(write(name)).rejects.toMatchObject({ code: 'idempotency-in-progress' });
    held.resolve();
    await first;
    expect(await made(acme, name)).toBe(1);
  });

  test('that failed has done nothing, and its key is as if unused', async () => {
    const name = randomUUID();
    const work = async (): Promise<unknown> => {
      await make(name);
      throw new ServiceError('conflict', 'not now');
    };
    await expect(write(name, { work })).rejects.toMatchObject({ code: 'conflict' });
    expect(await made(acme, name)).toBe(0);
    expect(await write(name)).not.toBeInstanceOf(Replayed);
    expect(await made(acme, name)).toBe(1);
  });

  test('that ends before its commit has done nothing, and can be sent again', async () => {
    const name = randomUUID();
    tenants.beforeCommit = async () => {
      throw new Error('the process ends here');
    };
    await expect(write(name)).rejects.toThrow('ends here');
    tenants.beforeCommit = async () => undefined;
    expect(await made(acme, name)).toBe(0);
    await write(name);
    expect(await made(acme, name)).toBe(1);
  });

  test('is refused for another request', async () => {
    const name = randomUUID();
    await write(name);
    await expect(write(name, { request: { name, price: '2' } })).rejects.toMatchObject({
      code: 'idempotency-key-reused',
    });
    expect(await made(acme, name)).toBe(1);
  });

  test.each<[string, () => Changes]>([
    ['caller', () => ({ caller: 'user:bob' })],
    ['message', () => ({ subject: 'products.adjust-stock' })],
    ['tenant', () => ({ tenant: globex })],
  ])('does not meet the keys of another %s', async (_, changes) => {
    const name = randomUUID();
    await write(name);
    expect(await write(name, changes())).not.toBeInstanceOf(Replayed);
    expect((await made(acme, name)) + (await made(globex, name))).toBe(2);
  });

  test('is forgotten after a day, by whoever comes next', async () => {
    const [name, old] = [randomUUID(), randomUUID()];
    await write(name);
    await write(old);
    await acme.query(`UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE key = ANY ($1)`, [
      [name, old],
    ]);
    expect(await write(name, { request: { name, price: '2' } })).not.toBeInstanceOf(Replayed);
    const { rows } = await acme.query('SELECT key FROM idempotency_keys WHERE key = ANY ($1)', [[name, old]]);
    expect(rows).toEqual([{ key: name }]);
  });

  test('keeps of its request nothing that a password in it could be guessed by, nor that it is like another', async () => {
    const request = { email: 'ada@acme.example', password: 'anvil-orbit-walnut-9' };
    const names = [randomUUID(), randomUUID()];
    for (const name of names) await write(name, { request });
    const { rows } = await acme.query('SELECT request_hash AS hash FROM idempotency_keys WHERE key = ANY ($1)', [
      names,
    ]);
    const hashes = (rows as { hash: Buffer }[]).map(({ hash }) => hash.toString('hex'));
    expect(new Set(hashes).size).toBe(2);
    const written = [request, ...names.map((name) => ['user:ada', 'products.create', name, request])];
    for (const text of written.map((one) => JSON.stringify(one))) {
      expect(hashes).not.toContain(createHash('sha256').update(text).digest('hex'));
    }
    expect(await write(names[0]!, { request })).toBeInstanceOf(Replayed);
  });

  test('is known again under the next master key while the one before is said, and taken for another without it', async () => {
    const name = randomUUID();
    await write(name);
    const next = randomBytes(32);
    const { outbox } = writer.office;
    const knowing = new KeyedWrites(tenants, outbox, [next, masterKey]);
    expect(await write(name, { by: knowing })).toBeInstanceOf(Replayed);
    await expect(write(name, { by: knowing, request: { name, price: '2' } })).rejects.toMatchObject({
      code: 'idempotency-key-reused',
    });
    const forgetful = new KeyedWrites(tenants, outbox, [next]);
    await expect(write(name, { by: forgetful })).rejects.toMatchObject({ code: 'idempotency-key-reused' });
    expect(await made(acme, name)).toBe(1);
  });
});
