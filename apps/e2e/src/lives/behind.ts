import { beforeAll, describe, expect, it } from '@jest/globals';
import { createTenant, type Stack, type StackTenant } from '@tenantry/testing';
import { until } from '../faults/flight.js';
import { expectProblem } from '../stories/problem.js';

/** A migration holds in every service within this. */
const followedWithinMs = 2000;

/** A tenant whose database has an older schema than the services need, by the registry's word. */
export const behind = (stack: () => Stack): void =>
  describe('a tenant that is yet to be migrated', () => {
    let tenant: StackTenant;
    let other: StackTenant;

    /** As the migration writes it down. Nobody is told: services ask each second. */
    const become = async (change: string): Promise<void> => {
      const registry = await stack().openDatabase('registry');
      await registry.query(`UPDATE tenants SET schema_version = schema_version ${change} WHERE id = $1`, [tenant.id]);
      await registry.end();
    };
    const isAnswered = (path: string, status: number) => async (): Promise<boolean> =>
      (await tenant.admin.get(path)).status === status;

    beforeAll(async () => {
      [tenant, other] = [await createTenant(stack()), await createTenant(stack())];
    });

    it.each(['/v1/products', '/v1/users', '/v1/auth/sessions'])(
      'is in maintenance at %s, it alone, and is served within 2 s of its migration',
      async (path) => {
        expect((await tenant.admin.get(path)).status).toBe(200);
        await become('- 1');
        await until('it is refused', followedWithinMs, isAnswered(path, 503));
        expectProblem(await tenant.admin.get(path), 'tenant-maintenance');
        expect((await other.admin.get(path)).status).toBe(200);
        await become('+ 1');
        await until('it is served', followedWithinMs, isAnswered(path, 200));
      },
    );
  });
