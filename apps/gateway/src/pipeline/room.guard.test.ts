import { expect, it } from '@jest/globals';
import {
  Auth,
  type Message,
  Products,
  Registration,
  requestDeadlineMs,
  Roles,
  type TenantEntry,
  Users,
} from '@tenantry/contracts';
import type { ServiceError } from '@tenantry/service-kit';
import { Asks } from '../route.js';
import { contextOf, requestOf } from '../test/request.js';
import { RoomGuard } from './room.guard.js';

const limits = { requestsPerMinute: 600, maxConnections: 2, maxDatabaseBytes: 1e9, maxUsers: 100 };
const acme: TenantEntry = {
  ...{ id: 'acme', slug: 'acme', state: 'active', generation: 1, limits },
  ...{ signUp: true, databaseFull: true },
};

/** What a route of this message is refused with. */
async function refusalOf(message: Message, tenant: TenantEntry | undefined): Promise<ServiceError | undefined> {
  class Routes {
    @Asks(message, 'x') route(this: void): void {}
  }
  const request = requestOf(tenant ? { tenant } : {});
  const call = { ...request.call, deadlineAt: performance.now() + requestDeadlineMs };
  try {
    await new RoomGuard().canActivate(contextOf(Routes.prototype.route, Object.assign(request, { call })));
    return undefined;
  } catch (error) {
    return error as ServiceError;
  }
}

it.each([Products.create, Products.adjustStock, Users.create, Roles.create, Registration.register])(
  '$subject adds something: refused where the database is full, and there alone',
  async (message) => {
    expect(await refusalOf(message, acme)).toMatchObject({ code: 'database-full' });
    expect(await refusalOf(message, { ...acme, databaseFull: false })).toBeUndefined();
  },
);

it.each([Products.list, Products.update, Products.delete, Users.update, Auth.login, Auth.refresh, Auth.logout])(
  '$subject goes on in a full database',
  async (message) => {
    expect(await refusalOf(message, acme)).toBeUndefined();
  },
);

it('strangers do not learn of a tenant that lets nobody sign up, be it full', async () => {
  expect(await refusalOf(Registration.register, { ...acme, signUp: false })).toBeUndefined();
  expect(await refusalOf(Registration.register, undefined)).toBeUndefined();
});

it("strangers learn no number of a tenant's plan, and wait for a refusal as long as for any other", async () => {
  const startedAt = performance.now();
  expect((await refusalOf(Registration.register, acme))?.message).not.toMatch(/\d/);
  // A timer may be early by the fraction of a millisecond.
  expect(performance.now() - startedAt).toBeGreaterThan(148);
  expect((await refusalOf(Users.create, acme))?.message).toContain('1000000000 bytes');
});
