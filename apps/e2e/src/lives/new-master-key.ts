import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { Operation } from '@tenantry/contracts';
import { createTenant, type Stack } from '@tenantry/testing';
import { countBy } from '../faults/flight.js';
import { ended } from '../stories/many-births.js';
import type { FormerKey } from './former-key.js';
import { Steady } from './steady.js';

/** Longer than it takes everybody to hear of a change they were not told of. */
const heardWithinMs = 1500;

/** All keys are wrapped with a new master key while tenants are used. */
export const newMasterKey = (stack: () => Stack, former: FormerKey): void =>
  describe('wrapping all keys anew', () => {
    it('fails no request at 200 a second, and leaves nothing that needs the master key before', async () => {
      const tenants = [await createTenant(stack()), await createTenant(stack()), await createTenant(stack())];
      let count = 0;
      const load = new Steady(() => tenants[count++ % tenants.length]!.admin.get('/v1/products'), 200);
      for (let times = 0; times < 2; times++) {
        await former.wrapAll(stack());
        expect(await former.count(stack())).toBeGreaterThan(tenants.length * 2);
        await lookAgain(stack());
        const begun = await stack().operator.post<Operation>('/v1/admin/secrets/rewrap', {
          reason: 'a new master key',
        });
        expect(begun.status).toBe(202);
        expect(await ended(stack(), begun.headers.location!)).toMatchObject({ state: 'succeeded' });
        expect(await former.count(stack())).toBe(0);
        await lookAgain(stack());
      }
      const answers = await load.stop();
      expect(answers.length).toBeGreaterThan(1000);
      expect(countBy(answers)).toEqual({ 200: answers.length });
    }, 60_000);
  });

/** Every tenant gets a new generation, so that all services read its sealed password again and open their connections with it. */
async function lookAgain(stack: Stack): Promise<void> {
  const registry = await stack.openDatabase('registry');
  await registry.query(`UPDATE tenants SET name = name WHERE state = 'active'`);
  await registry.end();
  await sleep(heardWithinMs);
}
