import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { IdleSlots } from './idle-slots.js';
import { Pool, Slot } from './pool.js';

const halfLifeMs = 1000;

it('gives up first the slot whose borrows, each counting half as much after every half-life, are the fewest', () => {
  const borrow = fc.record({ tenant: fc.integer({ min: 0, max: 4 }), afterMs: fc.integer({ min: 0, max: 800 }) });
  fc.assert(
    fc.property(fc.array(borrow, { minLength: 1, maxLength: 60 }), (borrows) => {
      const idle = new IdleSlots<string>(halfLifeMs);
      const slots = Array.from({ length: 5 }, (_, tenant) => {
        const slot = new Slot(new Pool<string>(String(tenant), 1));
        slot.pool.held = 1;
        idle.put(slot);
        return slot;
      });
      const times: number[][] = slots.map(() => []);
      // Late in the life of a process, where sums of powers of time would not fit a number.
      let now = 1e10;
      for (const { tenant, afterMs } of borrows) {
        now += afterMs;
        idle.noteUse(slots[tenant]!, now);
        times[tenant]!.push(now);
      }
      const counts = times.map((of) => of.reduce((sum, time) => sum + 2 ** ((time - now) / halfLifeMs), 0));
      const chosen = slots.indexOf(idle.leastWorth()!);
      expect(counts[chosen]).toBeCloseTo(Math.min(...counts), 6);
    }),
  );
});
