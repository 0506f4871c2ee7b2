import { describe, expect, it } from '@jest/globals';
import type { Operation, Tenant } from '@tenantry/contracts';
import { type Answer, createTenant, type Stack, tenantWish } from '@tenantry/testing';
import { ended } from '../stories/many-births.js';
import { bothRun, end, expectNoOrphans, instanceAt, registries, untilAccepted } from './interruptions.js';
import { expectNothingOf } from './states.js';

const reason = 'because a test says so';
type Moment = Parameters<typeof instanceAt>[3];

/** The workflow engine gives an operation up, for a reason of its own: steps that a new build has changed, say. */
export const leftOperations = (stack: () => Stack): void =>
  describe('an operation that its workflow has left', () => {
    /** Ends all registries in the middle of it, and its workflow. Resolves when it has ended all the same. */
    const leave = async (location: string, step: string, msg?: Moment): Promise<Operation> => {
      await end(stack(), await instanceAt(stack(), location, step, msg), 'all');
      const id = location.split('/').at(-1)!;
      const registry = await stack().openDatabase('registry');
      const { rowCount } = await registry.query(
        `UPDATE dbos.workflow_status SET status = 'ERROR' WHERE workflow_uuid = $1 AND status IN ('PENDING', 'ENQUEUED')`,
        [id],
      );
      await registry.end();
      expect(rowCount).toBe(1);
      await bothRun(stack());
      const operation = await ended(stack(), location);
      const lines = registries.flatMap((name) => stack().logOf(name).split('\n'));
      expect(lines.some((line) => line.includes('ALARM: an operation was left') && line.includes(id))).toBe(true);
      return operation;
    };
    const locationOf = async (ask: () => Promise<Answer>): Promise<string> =>
      (await untilAccepted(ask)).headers.location!;

    it('is made undone, if it is a birth: its slug is free', async () => {
      await bothRun(stack());
      const wish = tenantWish();
      const created = await untilAccepted(() => stack().operator.post<Tenant>('/v1/admin/tenants', wish));
      const operation = await leave(created.headers.location!, 'database', 'a step begins');
      expect(operation.state).toBe('failed');
      expect(await stack().operator.get(`/v1/admin/tenants/${created.body.id}`)).toMatchObject({
        body: { state: 'failed' },
      });
      await expectNothingOf(stack(), created.body.id);
      await createTenant(stack(), { slug: wish.slug });
    }, 90_000);

    it.each(['credentials', 'switch'])(
      'is made undone, or finished, if it is a rotation left after %s: the tenant is served',
      async (step) => {
        await bothRun(stack());
        const tenant = await createTenant(stack());
        const path = `/v1/admin/tenants/${tenant.id}/rotate-credentials`;
        const rotate = () => locationOf(() => stack().operator.post(path, { reason }));
        expect((await leave(await rotate(), step)).state).toBe('failed');
        await expectNoOrphans(stack());
        expect((await tenant.admin.get('/v1/products')).status).toBe(200);
        expect((await ended(stack(), await rotate())).state).toBe('succeeded');
        expect((await tenant.admin.get('/v1/products')).status).toBe(200);
      },
      90_000,
    );

    it('is finished, if it is a deletion, which takes along what a rotation has left', async () => {
      await bothRun(stack());
      const { id, slug } = await createTenant(stack());
      const other = `t_${id.replaceAll('-', '')}_b`;
      const cluster = await stack().openDatabase();
      await cluster.query(`CREATE ROLE ${other} LOGIN; GRANT ${other} TO provisioner WITH ADMIN TRUE`);
      await cluster.end();
      const json = { 'content-type': 'application/json' };
      const body = JSON.stringify({ confirmSlug: slug, reason });
      const location = await locationOf(() => stack().operator.send('DELETE', `/v1/admin/tenants/${id}`, body, json));
      expect((await leave(location, 'drop', 'a step begins')).state).toBe('succeeded');
      await expectNothingOf(stack(), id);
      await createTenant(stack(), { slug });
    }, 90_000);
  });
