import { describe, expect, it } from '@jest/globals';
import { createTenant, type Stack, type StackTenant } from '@tenantry/testing';
import { until } from '../faults/flight.js';
import { expectProblem } from '../stories/problem.js';

type Registry = Awaited<ReturnType<Stack['openDatabase']>>;
const reason = 'to be asked for anew';

/** Somebody who can write the registry's tables, and has no master key. */
export const swappedSecrets = (stack: () => Stack): void =>
  describe("two tenants' sealed passwords that were exchanged", () => {
    it('open neither: both are 503 and an alarm, and others are served', async () => {
      const [one, other, third] = await Promise.all([0, 1, 2].map(() => createTenant(stack())));
      const registry = await stack().openDatabase('registry');
      const pair = [one!.id, other!.id];
      const keep = await registry.query<{ id: string; db_password: string; data_key: string }>(
        'SELECT id, db_password, data_key FROM tenants WHERE id = ANY ($1)',
        [pair],
      );
      await registry.query(
        `UPDATE tenants t SET db_password = other.db_password, data_key = other.data_key FROM tenants other
         WHERE t.id = ANY ($1) AND other.id = ANY ($1) AND t.id <> other.id`,
        [pair],
      );
      // What is open stays open: a change of state has everybody look again.
      for (const tenant of [one!, other!]) await lookAgain(stack(), tenant);
      for (const tenant of [one!, other!]) {
        await until('it cannot be read', 3000, async () => (await tenant.admin.get('/v1/products')).status === 503);
        expectProblem(await tenant.admin.get('/v1/products'), 'tenant-database-unavailable');
        // Whichever service came to its database first.
        await until('it is an alarm', 2000, () =>
          ['users', 'products']
            .flatMap((service) => stack().logOf(service).split('\n'))
            .some((line) => line.includes('ALARM: unreadable password') && line.includes(tenant.id)),
        );
      }
      expect((await third!.admin.get('/v1/products')).status).toBe(200);
      await expectOperatorsAreTold(stack(), one!, registry);
      for (const { id, db_password, data_key } of keep.rows)
        await registry.query('UPDATE tenants SET db_password = $2, data_key = $3 WHERE id = $1', [
          id,
          db_password,
          data_key,
        ]);
      await registry.end();
    }, 30_000);
  });

async function lookAgain(stack: Stack, { id }: StackTenant): Promise<void> {
  for (const verb of ['suspend', 'resume']) {
    const { status } = await stack.operator.post(`/v1/admin/tenants/${id}/${verb}`, { reason });
    expect(status).toBe(200);
  }
}

/** What the registry itself cannot open it says so: it is no defect of its own. */
async function expectOperatorsAreTold(stack: Stack, { id }: StackTenant, registry: Registry): Promise<void> {
  const path = `/v1/admin/tenants/${id}`;
  const health = await stack.operator.get(`${path}/health`);
  expect(health).toMatchObject({ status: 200, body: { reachable: false, latencyMs: null, problem: 'unreadable' } });
  const hasAlarm = (words: string): boolean =>
    ['tenant-registry', 'tenant-registry-2']
      .flatMap((name) => stack.logOf(name).split('\n'))
      .some((line) => line.includes(`ALARM: ${words}`));
  await until('it is an alarm of the registry', 10_000, () => hasAlarm('unreadable password'));
  await registry.query(`UPDATE tenants SET state = 'failed' WHERE id = $1`, [id]);
  expectProblem(await stack.operator.post(`${path}/retry`, {}), 'service-unavailable');
  await registry.query(`UPDATE tenants SET state = 'active' WHERE id = $1`, [id]);
  const { rows } = await registry.query<{ id: string; url: string }>(
    'SELECT id, provisioner_url AS url FROM clusters LIMIT 1',
  );
  const [{ id: clusterId, url }] = rows as [(typeof rows)[number]];
  await registry.query(
    'UPDATE clusters SET provisioner_url = (SELECT db_password FROM tenants WHERE id = $2) WHERE id = $1',
    [clusterId, id],
  );
  expectProblem(await stack.operator.get(`${path}/usage`), 'service-unavailable');
  await registry.query('UPDATE clusters SET provisioner_url = $2 WHERE id = $1', [clusterId, url]);
  expect((await stack.operator.get(`${path}/usage`)).status).toBe(200);
  await until('it is an alarm of the registry', 10_000, () => hasAlarm('unreadable secret'));
}
