import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Cluster } from '../clusters/cluster.entity.js';
import type { TenantJob } from '../operations/long-action.js';
import { OperationsRepository } from '../operations/operations.repository.js';
import type { TenantCluster } from '../provisioning/tenant-cluster.js';
import { Secrets } from '../secrets.js';
import { Plan } from '../tenants/plan.entity.js';
import { TenantRow } from '../tenants/tenant.entity.js';
import { TenantsRepository } from '../tenants/tenants.repository.js';
import { createRegistryDatabase, type RegistryDatabase } from '../test/registry-database.js';
import { CredentialsRepository } from './credentials.repository.js';
import { RotateCredentials, rotateCredentials } from './rotate-credentials.js';

let registry: RegistryDatabase;
let credentials: CredentialsRepository;
let operations: OperationsRepository;
let action: RotateCredentials;
let tenantId: string;

beforeAll(async () => {
  registry = await createRegistryDatabase([TenantRow, Cluster, Plan]);
  const tenants = new TenantsRepository(registry.source.getRepository(TenantRow));
  credentials = new CredentialsRepository(registry.source, tenants);
  operations = new OperationsRepository(registry.source);
  // Of the steps that touch no cluster.
  const noCluster = undefined as unknown as TenantCluster;
  const secrets = new Secrets({ MASTER_KEY: randomBytes(32) });
  action = new RotateCredentials(
    credentials,
    noCluster,
    secrets,
    { say: () => undefined },
    {
      ROTATION_OVERLAP_SECONDS: 0,
    },
  );
  await registry.source.query(`INSERT INTO clusters (name, host, port) VALUES ('main', 'localhost', 5432)`);
});
beforeEach(async () => {
  tenantId = randomUUID();
  await registry.source.query(
    `INSERT INTO tenants (id, slug, name, state, plan, cluster_id, db_name, db_user, db_password)
     SELECT $1, $2, 'Test', 'active', 'standard', c.id, $2, $2, 'sealed' FROM clusters c`,
    [tenantId, `t_${tenantId.slice(0, 8)}`],
  );
});
afterAll(() => registry?.drop());

const begin = async (): Promise<TenantJob> => {
  const { operationId } = await operations.decide(undefined, { kind: rotateCredentials, tenantId });
  return { operationId, tenantId, requestId: 'test' };
};
const take = (name: string, job: TenantJob) => action.steps.find((step) => step.name === name)!.work(job);
/** What the steps between do, of which the registry keeps something. */
const finish = async (job: TenantJob): Promise<void> => {
  for (const name of ['credentials', 'switch']) await take(name, job);
  await credentials.forgetOld(job);
  await operations.end(job.operationId, 'succeeded');
};
const row = async (): Promise<object> => {
  const [found] = await registry.source.query<object[]>(
    'SELECT db_user, db_password, data_key, next_db_user, next_db_password, old_db_user FROM tenants WHERE id = $1',
    [tenantId],
  );
  return found!;
};

describe('a step of a rotation', () => {
  it('changes what the registry knows while the rotation is under way, once', async () => {
    const job = await begin();
    await take('credentials', job);
    const prepared = await row();
    expect(prepared).toMatchObject({ next_db_user: expect.stringMatching(/_b$/), db_password: 'sealed' });
    await take('credentials', job);
    expect(await row()).toEqual(prepared);
    await take('switch', job);
    const switched = await row();
    expect(switched).toMatchObject({ db_user: expect.stringMatching(/_b$/), next_db_user: null });
    await take('switch', job);
    expect(await row()).toEqual(switched);
  });

  it('that wakes up after its read, when another process has finished the rotation, changes nothing', async () => {
    const job = await begin();
    const { role: inUse } = await credentials.get(tenantId);
    await finish(job);
    const after = await row();
    // As the step goes on: what it has read is what was then.
    await credentials.prepare(job, inUse, { role: `${inUse}_b`, sealedPassword: 'late' });
    expect(await row()).toEqual(after);
    await credentials.prepare(await begin(), inUse, { role: `${inUse}_b`, sealedPassword: 'late' });
    expect(await row()).toEqual(after);
  });

  it.each(['credentials', 'switch'])("'%s' called late leaves the next rotation's credentials alone", async (name) => {
    const job = await begin();
    await finish(job);
    const next = await begin();
    if (name === 'switch') await take('credentials', next);
    const before = await row();
    await take(name, job);
    expect(await row()).toEqual(before);
    for (const forget of ['forgetOld', 'forgetNext'] as const) await credentials[forget](job);
    expect(await row()).toEqual(before);
  });

  it('never prepares the role that is in use', async () => {
    const job = await begin();
    const { role } = await credentials.get(tenantId);
    await expect(credentials.prepare(job, role, { role, sealedPassword: 'x' })).rejects.toMatchObject({
      code: '23514',
    });
  });
});
