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
    /** Ends all registries in the middle of one, and its workflow; whether that had not ended by then. */
    const cutShort = async (location: string, step: string, msg?: Moment): Promise<boolean> => {
      await end(stack(), await instanceAt(stack(), location, step, msg), 'all');
      const registry = await stack().openDatabase('registry');
      const { rowCount } = await registry.query(
        `UPDATE dbos.workflow_status SET status = 'ERROR' WHERE workflow_uuid = $1 AND status IN ('PENDING', 'ENQUEUED')`,
        [location.split('/').at(-1)],
      );
      await registry.end();
      await bothRun(stack());
      return rowCount === 1;
    };
    /** Begins one, and another where that was over sooner than anybody could cut it short. Resolves when it has ended all the same. */
    const leave = async (begin: () => Promise<string>, step: string, msg?: Moment): Promise<Operation> => {
      let location = await begin();
      for (let tries = 1; !(await cutShort(location, step, msg)); tries++) {
        if (tries === 5) throw new Error(`none was cut short at ${step}`);
        location = await begin();
      }
      const id = location.split('/').at(-1)!;
      const operation = await ended(stack(), location);
      const lines = registries.flatMap((name) => stack().logOf(name).split('\n'));
      expect(lines.some((line) => line.includes('ALARM: an operation was left') && line.includes(id))).toBe(true);
      return operation;
    };
    const locationOf = async (ask: () => Promise<Answer>): Promise<string> =>
      (await untilAccepted(ask)).headers.location!;

    it('is made undone, if it is a birth: its slug is free', async () => {
      await bothRun(stack());
      let slug = '';
      const beBorn = () => {
        const wish = tenantWish();
        slug = wish.slug;
        return locationOf(() => stack().operator.post<Tenant>('/v1/admin/tenants', wish));
      };
      const { state, tenantId } = await leave(beBorn, 'database', 'a step begins');
      expect(state).toBe('failed');
      expect((await stack().operator.get(`/v1/admin/tenants/${tenantId}`)).body).toMatchObject({ state, slug });
      await expectNothingOf(stack(), tenantId!);
      await createTenant(stack(), { slug });
    }, 180_000);

    it.each(['credentials', 'switch'])(
      'is made undone, or finished, if it is a rotation left after %s: the tenant is served',
      async (step) => {
        await bothRun(stack());
        const tenant = await createTenant(stack());
        const path = `/v1/admin/tenants/${tenant.id}/rotate-credentials`;
        const rotate = () => locationOf(() => stack().operator.post(path, { reason }));
        expect((await leave(rotate, step)).state).toBe('failed');
        await expectNoOrphans(stack());
        expect((await tenant.admin.get('/v1/products')).status).toBe(200);
        expect((await ended(stack(), await rotate())).state).toBe('succeeded');
        expect((await tenant.admin.get('/v1/products')).status).toBe(200);
      },
      180_000,
    );

    it('is finished, if it is a deletion, which takes along what a rotation has left', async () => {
      await bothRun(stack());
      let slug = '';
      const remove = async (): Promise<string> => {
        const tenant = await createTenant(stack());
        slug = tenant.slug;
        const other = `t_${tenant.id.replaceAll('-', '')}_b`;
        const cluster = await stack().openDatabase();
        await cluster.query(`CREATE ROLE ${other} LOGIN; GRANT ${other} TO provisioner WITH ADMIN TRUE`);
        await cluster.end();
        const json = { 'content-type': 'application/json' };
        const body = JSON.stringify({ confirmSlug: slug, reason });
        return locationOf(() => stack().operator.send('DELETE', `/v1/admin/tenants/${tenant.id}`, body, json));
      };
      const { state, tenantId } = await leave(remove, 'drop', 'a step begins');
      expect(state).toBe('succeeded');
      await expectNothingOf(stack(), tenantId!);
      await createTenant(stack(), { slug });
    }, 180_000);
  });
