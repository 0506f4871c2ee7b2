import { afterEach, expect, jest, test } from '@jest/globals';
import { changesAtOnce, type TenantNotice } from '@tenantry/contracts';
import { createLog } from '../log.js';
import type { Messages } from './messages.js';
import { TenantFollower } from './tenant-follower.js';

const log = createLog({ service: 'gateway', instance: 'test', level: 'silent' });
const changeAt = (generation: number): TenantNotice => ({
  tenantId: '0198c0de-0000-7000-8000-000000000001',
  slug: 'acme',
  state: 'active',
  generation,
});
let follower: TenantFollower;

/** Follows a registry in which so many have changed each time it is asked again; after which generation it was asked. */
function follow(changed: number): number[] {
  const asked: number[] = [];
  const ask = ({ after }: { after?: number }) => {
    if (after === undefined) return Promise.resolve({ changes: [], generation: 0 });
    asked.push(after);
    const changes = Array.from({ length: changed }, (_, index) => changeAt(after + index + 1));
    return Promise.resolve({ changes, generation: after + changed });
  };
  const messages = { ask: (_: unknown, request: { after?: number }) => ask(request) } as unknown as Messages;
  follower = new TenantFollower({ hear: () => undefined }, messages, log, {
    changed: () => undefined,
    doubt: () => undefined,
  });
  follower.start();
  return asked;
}

afterEach(() => {
  follower.stop();
  jest.useRealTimers();
});

test('while tenants change one after the other the registry is asked once a second', async () => {
  jest.useFakeTimers();
  const asked = follow(1);
  await jest.advanceTimersByTimeAsync(10_000);
  expect(asked.length).toBeGreaterThan(8);
  expect(asked.length).toBeLessThan(14);
});

test('who is further behind than one answer tells asks again at once', async () => {
  jest.useFakeTimers();
  const asked = follow(changesAtOnce);
  await jest.advanceTimersByTimeAsync(1100);
  expect(asked.slice(0, 3)).toEqual([0, changesAtOnce, 2 * changesAtOnce]);
  follower.stop();
});
