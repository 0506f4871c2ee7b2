import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Tenants } from '@tenantry/contracts';
import { withRequest } from '@tenantry/service-kit';
import { Cluster } from '../clusters/cluster.entity.js';
import { Plan } from './plan.entity.js';
import type { TenantNotices } from './tenant-notices.js';
import { TenantRow } from './tenant.entity.js';
import { TenantSettingsService } from './tenant-settings.service.js';
import { TenantsRepository } from './tenants.repository.js';
import { toTenant } from './tenant.views.js';
import { createRegistryDatabase, type RegistryDatabase } from '../test/registry-database.js';

let database: RegistryDatabase;
let tenants: TenantsRepository;
let settings: TenantSettingsService;
let id: string;
const told: number[] = [];

const insert = async (slug: string, name: string, plan = 'standard', state = 'active'): Promise<string> => {
  const [row] = await database.source.query<{ id: string }[]>(
    `INSERT INTO tenants (id, slug, name, state, plan, cluster_id, db_name, db_user)
     SELECT uuidv7(), $1, $2, $4, $3, c.id, $1, $1 FROM clusters c RETURNING id`,
    [slug, name, plan, state],
  );
  return row!.id;
};

beforeAll(async () => {
  database = await createRegistryDatabase([TenantRow, Cluster, Plan]);
  tenants = new TenantsRepository(database.source.getRepository(TenantRow));
  const notices: Pick<TenantNotices, 'say'> = { say: ({ generation }) => void told.push(generation) };
  settings = new TenantSettingsService(tenants, notices);
  await database.source.query(`INSERT INTO clusters (name, host, port) VALUES ('main', 'localhost', 5432)`);
});
beforeEach(async () => {
  id = await insert(`t-${randomBytes(4).toString('hex')}`, 'Acme');
});
afterAll(() => database?.drop());

const update = (change: object, ifMatch = '*') =>
  withRequest(
    {
      ...{ requestId: 'r', traceparent: undefined, deadlineAt: performance.now() + 5000, ifMatch },
      caller: { subject: 'operator:x', userId: null, tenantId: null, session: null, permissions: [] },
    },
    () => settings.update(Tenants.update.request.parse({ id, ...change })),
  );

describe('a tenant', () => {
  it('has what its plan gives', async () => {
    expect(toTenant(await tenants.get(id))).toMatchObject({
      limits: { requestsPerMinute: 6000, maxConnections: 10, maxDatabaseBytes: 10 * 2 ** 30, maxUsers: 1000 },
      ...{ poolOptions: {}, signUp: false },
    });
  });

  it('has what was agreed with it instead, member by member, until that is taken away', async () => {
    expect((await update({ limits: { maxUsers: 5, requestsPerMinute: 60 } })).limits.maxUsers).toBe(5);
    expect((await update({ limits: { requestsPerMinute: null }, plan: 'free' })).limits).toEqual({
      ...{ requestsPerMinute: 600, maxConnections: 2, maxDatabaseBytes: 512 * 2 ** 20, maxUsers: 5 },
    });
    expect((await update({ limits: null })).limits.maxUsers).toBe(10);
  });

  it('pools fewer connections where it shall, and never more than its limit', async () => {
    expect((await update({ poolOptions: { maxConnections: 3 } })).limits.maxConnections).toBe(3);
    expect((await update({ poolOptions: { maxConnections: 500 } })).limits.maxConnections).toBe(10);
    expect((await update({ poolOptions: { maxConnections: null } })).poolOptions).toEqual({});
  });

  it('is changed in the given fields alone, and everybody is told of a new generation', async () => {
    const before = await tenants.get(id);
    const after = await update({ name: 'Acme Ltd', signUp: true });
    expect(after).toMatchObject({ name: 'Acme Ltd', signUp: true, plan: 'standard', slug: before.slug });
    expect(after.version).toBeGreaterThan(before.generation);
    expect(told.at(-1)).toBe(after.version);
  });

  it('is left as it is by a change of nothing, in the version that was seen', async () => {
    const before = await tenants.get(id);
    const { version, ...tenant } = await update({}, `"${id}.${before.generation}"`);
    expect([version, tenant]).toEqual([before.generation, toTenant(before)]);
    await expect(update({}, `"${id}.${before.generation - 1}"`)).rejects.toMatchObject({ code: 'precondition-failed' });
  });

  it('is changed in the version that was seen, by one of two', async () => {
    const { generation } = await tenants.get(id);
    const seen = `"${id}.${generation}"`;
    const both = await Promise.allSettled([update({ name: 'One' }, seen), update({ name: 'Two' }, seen)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await expect(update({ name: 'Three' }, seen)).rejects.toMatchObject({ code: 'precondition-failed' });
  });

  it('gets no plan that is not there', async () => {
    await expect(update({ plan: 'gold' })).rejects.toMatchObject({
      code: 'validation',
      errors: [{ pointer: '/plan', code: 'unknown' }],
    });
  });
});

describe('the list of tenants', () => {
  const slugs = async (search: Parameters<TenantsRepository['list']>[2]): Promise<string[]> =>
    (await tenants.list(100, undefined, search)).map(({ slug }) => slug);

  it('is narrowed by state, plan, cluster and a part of name or slug, taken literally', async () => {
    await insert('globex', '100% Globex', 'free', 'suspended');
    await insert('initech', 'Initech_1');
    expect(await slugs({ state: 'suspended' })).toEqual(['globex']);
    expect(await slugs({ plan: 'free', state: 'suspended' })).toEqual(['globex']);
    expect(await slugs({ plan: 'enterprise' })).toEqual([]);
    expect(await slugs({ cluster: 'nowhere' })).toEqual([]);
    expect(await slugs({ cluster: 'main', q: 'GLOB' })).toEqual(['globex']);
    expect(await slugs({ q: '%' })).toEqual(['globex']);
    expect(await slugs({ q: '_' })).toEqual(['initech']);
    expect(await slugs({ q: 'tech', state: 'suspended' })).toEqual([]);
  });
});
