import { describe, expect, it } from '@jest/globals';
import type { Operation } from '@tenantry/contracts';
import { createTenant, type Stack } from '@tenantry/testing';
import { countBy, until } from '../faults/flight.js';
import { ended } from '../stories/many-births.js';
import { expectProblem } from '../stories/problem.js';
import { Steady } from './steady.js';

/** Credentials of a tenant's database are changed while it is used. */
export const newCredentials = (stack: () => Stack): void =>
  describe('rotating credentials', () => {
    it('fails no request at 200 a second, leaves one role, and that one is new', async () => {
      const tenant = await createTenant(stack());
      const rolesOf = async (): Promise<string[]> => {
        const cluster = await stack().openDatabase();
        const { rows } = await cluster.query<{ rolname: string }>(
          'SELECT rolname FROM pg_roles WHERE rolname LIKE $1 ORDER BY rolname',
          [`t_${tenant.id.replaceAll('-', '')}%`],
        );
        await cluster.end();
        return rows.map(({ rolname }) => rolname);
      };
      const path = `/v1/admin/tenants/${tenant.id}/rotate-credentials`;
      const [before] = await rolesOf();
      const load = new Steady(() => tenant.admin.get('/v1/products'), 200);
      await until('it is used', 10_000, () => load.answers.length > 0);
      for (const expected of [`${before}_b`, before]) {
        const begun = await stack().operator.post<Operation>(path, { reason: 'yearly' });
        expect(begun.status).toBe(202);
        expect(begun.body.steps.map(({ name }) => name)).toEqual([
          'credentials',
          'role',
          'try',
          'switch',
          'overlap',
          'retire',
        ]);
        expectProblem(await stack().operator.post(path, {}), 'conflict');
        expect(await ended(stack(), begun.headers.location!)).toMatchObject({ state: 'succeeded' });
        expect(await rolesOf()).toEqual([expected]);
      }
      const answers = await load.stop();
      expect(answers.length).toBeGreaterThan(1000);
      expect(countBy(answers)).toEqual({ 200: answers.length });
    }, 60_000);
  });
