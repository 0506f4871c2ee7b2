import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { Messages } from '@tenantry/service-kit';
import type { Revocations } from './revocations.js';
import { RolePermissions } from './role-permissions.js';

const tenantId = randomUUID();

function start() {
  const users = { version: 1, permissions: ['products:read'], asked: 0, wait: Promise.resolve() };
  const ask = async () => {
    users.asked++;
    const { version, permissions, wait } = users;
    await wait;
    return {
      version,
      roles: [
        { name: 'clerk', permissions },
        { name: 'viewer', permissions: ['products:read'] },
      ],
    };
  };
  let hear!: (changed: { tenantId: string; version: number } | 'all') => void;
  const revocations = { onRoles: (listener: typeof hear) => (hear = listener) } as unknown as Revocations;
  const roles = new RolePermissions({ ask } as unknown as Messages, revocations);
  const change = (version: number, permissions: string[]) => Object.assign(users, { version, permissions });
  return { users, roles, change, hear };
}

describe('what roles permit', () => {
  it('is asked once for each tenant, however many want to know, and then known without waiting', async () => {
    const { users, roles } = start();
    await Promise.all(Array.from({ length: 50 }, async () => roles.of(tenantId, ['clerk'])));
    expect(roles.of(tenantId, ['clerk'])).toEqual(['products:read']);
    expect(users.asked).toBe(1);
  });

  it('is what they permit together, each permission once; a role that is gone permits nothing', async () => {
    const { roles, change } = start();
    change(1, ['products:read', 'products:write']);
    expect(await roles.of(tenantId, ['viewer', 'clerk', 'gone'])).toEqual(['products:read', 'products:write']);
    expect(await roles.of(tenantId, ['gone'])).toEqual([]);
  });

  it('is known of a thousand sets of roles, and of more after them', async () => {
    const { roles } = start();
    const first = await roles.of(tenantId, ['clerk']);
    for (let made = 1; made < 1000; made++) await roles.of(tenantId, ['clerk', `made-${made}`]);
    expect(roles.of(tenantId, ['clerk'])).toBe(first);
    await roles.of(tenantId, ['one', 'more']);
    expect(roles.of(tenantId, ['clerk'])).not.toBe(first);
    expect(roles.of(tenantId, ['clerk'])).toEqual(first);
  });

  it('is the same array while nothing changes', async () => {
    const { roles } = start();
    const first = await roles.of(tenantId, ['clerk']);
    expect(roles.of(tenantId, ['clerk'])).toBe(first);
  });

  it('is asked anew when it has changed, and not for what is known already', async () => {
    const { users, roles, change, hear } = start();
    await roles.of(tenantId, ['clerk']);
    change(2, []);
    hear({ tenantId, version: 2 });
    expect(await roles.of(tenantId, ['clerk'])).toEqual([]);
    hear({ tenantId, version: 2 });
    hear({ tenantId: randomUUID(), version: 7 });
    expect(roles.of(tenantId, ['clerk'])).toEqual([]);
    expect(users.asked).toBe(2);
  });

  it('is not believed from an answer that was under way when it changed', async () => {
    const { users, roles, change, hear } = start();
    let arrive!: () => void;
    users.wait = new Promise((resolve) => (arrive = resolve));
    const asking = roles.of(tenantId, ['clerk']);
    change(2, []);
    hear({ tenantId, version: 2 });
    users.wait = Promise.resolve();
    arrive();
    expect(await asking).toEqual([]);
    expect(roles.of(tenantId, ['clerk'])).toEqual([]);
  });

  it('is all asked anew when nobody knows what has changed', async () => {
    const { users, roles, hear } = start();
    await roles.of(tenantId, ['clerk']);
    hear('all');
    await roles.of(tenantId, ['clerk']);
    expect(users.asked).toBe(2);
  });
});
