import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Operation, Tenant } from '@tenantry/contracts';
import { Client, createTenant, type Stack, type StackTenant } from '@tenantry/testing';
import { countBy, until } from '../faults/flight.js';
import { expectProblem } from '../stories/problem.js';
import { Steady } from './steady.js';

const reason = 'because a test says so';
/** A change of state holds everywhere within this. */
const followedWithinMs = 2000;

/** What becomes of a tenant after its birth, and who may reach it meanwhile. */
export const states = (stack: () => Stack): void =>
  describe('a tenant in its states', () => {
    let tenant: StackTenant;
    /** The tenant's admin, at each gateway. */
    let doors: Client[];
    const change = (verb: string) =>
      stack().operator.post<Tenant>(`/v1/admin/tenants/${tenant.id}/${verb}`, { reason });
    const remove = ({ id, slug }: { id: string; slug: string }, body: object = { confirmSlug: slug, reason }) =>
      stack().operator.send('DELETE', `/v1/admin/tenants/${id}`, JSON.stringify(body), {
        'content-type': 'application/json',
      });
    const everywhere = (status: number) => async (): Promise<boolean> => {
      const answers = await Promise.all(doors.map((door) => door.get('/v1/products')));
      return answers.every((answer) => answer.status === status);
    };

    beforeAll(async () => {
      tenant = await createTenant(stack());
      const headers = { authorization: `Bearer ${tenant.accessToken}` };
      doors = [stack().http.with(headers), Client.of(stack().secondUrl).with(headers)];
    });

    it.each([
      ['suspend', 'suspended', 403, 'tenant-suspended'],
      ['resume', 'active', 200, undefined],
      ['maintenance', 'maintenance', 503, 'tenant-maintenance'],
      ['resume', 'active', 200, undefined],
      ['maintenance', 'maintenance', 503, 'tenant-maintenance'],
      ['suspend', 'suspended', 403, 'tenant-suspended'],
      ['resume', 'active', 200, undefined],
    ] as const)('%s makes it %s, and every gateway answers %i within 2 s', async (verb, state, status, code) => {
      const changed = await change(verb);
      expect(changed).toMatchObject({ status: 200, body: { state, stateReason: reason } });
      await until(`every gateway answers ${status}`, followedWithinMs, everywhere(status));
      if (code) expectProblem(await doors[1]!.get('/v1/products'), code);
    });

    it.each(['resume', 'retry'])('%s of an active one is an invalid transition', async (verb) => {
      expectProblem(await change(verb), 'invalid-transition');
    });

    it('is not changed without a reason, nor by who may only read', async () => {
      const { status } = await stack().operator.post(`/v1/admin/tenants/${tenant.id}/suspend`, {});
      expect(status).toBeGreaterThanOrEqual(400);
      expect(await everywhere(200)()).toBe(true);
    });

    it('is suspended and resumed under load: it is refused while suspended, and nothing else goes wrong', async () => {
      const other = await createTenant(stack());
      const load = new Steady(() => tenant.admin.get('/v1/products'), 120);
      const beside = new Steady(() => other.admin.get('/v1/products'), 80);
      await until('it is served', 10_000, () => load.answers.length > 0);
      await change('suspend');
      await until('many are refused', 30_000, () => (countBy(load.answers)[403] ?? 0) > 50);
      await change('resume');
      await until('it is served again', followedWithinMs, everywhere(200));
      const [answers, others] = await Promise.all([load.stop(), beside.stop()]);
      expect(countBy(others)).toEqual({ 200: others.length });
      expect(Object.keys(countBy(answers)).sort()).toEqual(['200', '403']);
    }, 60_000);

    it('is not deleted under another name', async () => {
      expectProblem(await remove(tenant, { confirmSlug: 'another', reason }), 'validation');
      expect(await everywhere(200)()).toBe(true);
    });

    it('is archived at once, purged when its grace period has passed, and its slug is free again', async () => {
      const archived = await remove(tenant);
      expect(archived).toMatchObject({ status: 202, body: { kind: 'delete-tenant', state: 'scheduled' } });
      const { steps } = archived.body as unknown as Operation;
      expect(steps.map(({ name, state }) => [name, state])).toEqual([
        ['drop', 'pending'],
        ['purge', 'pending'],
      ]);
      await until('every gateway knows it no more', followedWithinMs, everywhere(404));
      expectProblem(await change('resume'), 'invalid-transition');
      expectProblem(await remove(tenant), 'invalid-transition');
      // The first database that is dropped has PostgreSQL write down all those that were made.
      await until('it is purged', 90_000, async () => {
        const { body } = await stack().operator.get<Operation>(archived.headers.location!);
        return body.state === 'succeeded';
      });
      const purged = await stack().operator.get(`/v1/admin/tenants/${tenant.id}`);
      expect(purged.body).toMatchObject({ state: 'purged' });
      await expectNothingOf(stack(), tenant.id);
      await createTenant(stack(), { slug: tenant.slug });
    }, 150_000);
  });

/** No database and no role of this tenant, and no secret. */
export async function expectNothingOf(stack: Stack, tenantId: string): Promise<void> {
  const name = `t_${tenantId.replaceAll('-', '')}%`;
  const [cluster, registry] = await Promise.all([stack.openDatabase(), stack.openDatabase('registry')]);
  const { rows } = await cluster.query(
    'SELECT datname AS name FROM pg_database WHERE datname LIKE $1 UNION ALL SELECT rolname FROM pg_roles WHERE rolname LIKE $1',
    [name],
  );
  expect(rows).toEqual([]);
  const { rows: kept } = await registry.query('SELECT db_password FROM tenants WHERE id = $1', [tenantId]);
  expect(kept).toEqual([{ db_password: null }]);
  await Promise.all([cluster.end(), registry.end()]);
}
