import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TenantEvents } from '@tenantry/contracts';
import { Cluster } from '../clusters/cluster.entity.js';
import { OperationsRepository } from '../operations/operations.repository.js';
import { Plan } from '../tenants/plan.entity.js';
import { TenantRow } from '../tenants/tenant.entity.js';
import { TenantsRepository } from '../tenants/tenants.repository.js';
import { createRegistryDatabase, quietOutbox, type RegistryDatabase } from '../test/registry-database.js';
import { Transitions } from './transitions.js';

let registry: RegistryDatabase;
let operations: OperationsRepository;
let transitions: Transitions;
const events: { type: string; data: unknown }[] = [];

beforeAll(async () => {
  registry = await createRegistryDatabase([TenantRow, Cluster, Plan]);
  operations = new OperationsRepository(registry.source);
  const tenants = new TenantsRepository(registry.source.getRepository(TenantRow));
  transitions = new Transitions(tenants, quietOutbox(registry.source, events), { say: () => undefined });
  await registry.source.query(`INSERT INTO clusters (name, host, port) VALUES ('main', 'localhost', 5432)`);
});
beforeEach(() => void events.splice(0));
afterAll(() => registry?.drop());

const born = async (): Promise<{ id: string; activate: () => Promise<void> }> => {
  const id = randomUUID();
  await registry.source.query(
    `INSERT INTO tenants (id, slug, name, state, plan, cluster_id, db_name, db_user)
     SELECT $1, $2, 'Test', 'provisioning', 'standard', c.id, $2, $2 FROM clusters c`,
    [id, `t_${id.slice(0, 8)}`],
  );
  const { operationId: ends } = await operations.decide(undefined, { kind: 'create-tenant', tenantId: id });
  const activate = () => transitions.ensure(id, { to: 'active', from: ['provisioning'], reason: null, ends });
  return { id, activate };
};
const activated = () => events.filter(({ type }) => type === TenantEvents.activated.type);

describe('a birth', () => {
  it('is announced once, however often and by however many its last step is done', async () => {
    const { id, activate } = await born();
    await Promise.all([activate(), activate(), activate()]);
    await activate();
    expect(activated()).toEqual([{ type: 'tenants.activated', data: expect.objectContaining({ id, name: 'Test' }) }]);
  });

  it('is not announced again when the tenant is resumed', async () => {
    const { id, activate } = await born();
    await activate();
    for (const to of ['suspended', 'active', 'maintenance', 'active'] as const)
      await transitions.move(id, { to, reason: 'because a test says so' });
    expect(activated()).toHaveLength(1);
    expect(events.filter(({ type }) => type === TenantEvents.stateChanged.type)).toHaveLength(5);
  });

  it('that was undone is announced never: it cannot be made active late', async () => {
    const { id, activate } = await born();
    await transitions.ensure(id, { to: 'failed', reason: 'it was undone' });
    await expect(activate()).rejects.toMatchObject({ code: 'invalid-transition' });
    expect(activated()).toEqual([]);
  });
});
