import { describe, expect, it } from '@jest/globals';
import { anonymous, withRequest } from '@tenantry/service-kit';
import { setImmediate } from 'node:timers/promises';
import { Permits } from './permits.js';

/** Work that ends when told to, and says in which order it began. */
function pieces(permits: Permits) {
  const begun: number[] = [];
  const ends = new Map<number, PromiseWithResolvers<void>>();
  const start = (piece: number): Promise<void> => {
    const end = Promise.withResolvers<void>();
    ends.set(piece, end);
    return permits.run(() => {
      begun.push(piece);
      return end.promise;
    });
  };
  return { begun, start, end: (piece: number) => ends.get(piece)! };
}

const overloaded = expect.objectContaining({ code: 'overloaded' });

describe('permits', () => {
  it('let no more run at once than allowed, and the rest in the order they came', async () => {
    const { begun, start, end } = pieces(new Permits({ atOnce: 2, queue: 10 }));
    const all = [1, 2, 3, 4].map(start);
    await setImmediate();
    expect(begun).toEqual([1, 2]);
    end(2).resolve();
    await setImmediate();
    expect(begun).toEqual([1, 2, 3]);
    for (const piece of [1, 3, 4]) end(piece).resolve();
    await Promise.all(all);
    expect(begun).toEqual([1, 2, 3, 4]);
  });

  it('refuse at once what finds the queue full', async () => {
    const { start, end } = pieces(new Permits({ atOnce: 1, queue: 1 }));
    const taken = [1, 2].map(start);
    await expect(start(3)).rejects.toEqual(overloaded);
    end(1).resolve();
    end(2).resolve();
    await Promise.all(taken);
  });

  it('come back when the work fails', async () => {
    const permits = new Permits({ atOnce: 1, queue: 0 });
    await expect(permits.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(permits.run(() => Promise.resolve('yes'))).resolves.toBe('yes');
  });

  it('are not slipped past by a newcomer while one is handed on', async () => {
    const { begun, start, end } = pieces(new Permits({ atOnce: 1, queue: 10 }));
    const first = start(1);
    const second = start(2);
    await setImmediate();
    end(1).resolve();
    await first;
    const third = start(3);
    await setImmediate();
    expect(begun).toEqual([1, 2]);
    end(2).resolve();
    end(3).resolve();
    await Promise.all([second, third]);
  });

  it('begin no work for a request whose time ran out in the queue, and pass on', async () => {
    const { begun, start, end } = pieces(new Permits({ atOnce: 1, queue: 10 }));
    const first = start(1);
    const request = { requestId: 'r', traceparent: undefined, caller: anonymous, deadlineAt: performance.now() };
    const late = withRequest(request, () => start(2));
    const third = start(3);
    end(1).resolve();
    await expect(late).rejects.toEqual(expect.objectContaining({ code: 'deadline-exceeded' }));
    end(3).resolve();
    await Promise.all([first, third]);
    expect(begun).toEqual([1, 3]);
  });
});
