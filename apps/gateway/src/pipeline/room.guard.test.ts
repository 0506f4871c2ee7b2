import { expect, it } from '@jest/globals';
import { Auth, type Message, Products, Registration, Roles, type TenantEntry, Users } from '@tenantry/contracts';
import { Asks } from '../route.js';
import { contextOf, requestOf } from '../test/request.js';
import { RoomGuard } from './room.guard.js';

const limits = { requestsPerMinute: 600, maxConnections: 2, maxDatabaseBytes: 1e9, maxUsers: 100 };
const acme: TenantEntry = {
  ...{ id: 'acme', slug: 'acme', state: 'active', generation: 1, limits },
  ...{ signUp: true, databaseFull: true },
};

/** The code a route of this message is refused with. */
function refusalOf(message: Message, tenant: TenantEntry | undefined): string | undefined {
  class Routes {
    @Asks(message, 'x') route(this: void): void {}
  }
  try {
    new RoomGuard().canActivate(contextOf(Routes.prototype.route, requestOf(tenant ? { tenant } : {})));
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

it.each([Products.create, Products.adjustStock, Users.create, Roles.create, Registration.register])(
  '$subject adds something: refused where the database is full, and there alone',
  (message) => {
    expect(refusalOf(message, acme)).toBe('database-full');
    expect(refusalOf(message, { ...acme, databaseFull: false })).toBeUndefined();
  },
);

it.each([Products.list, Products.update, Products.delete, Users.update, Auth.login, Auth.refresh, Auth.logout])(
  '$subject goes on in a full database',
  (message) => {
    expect(refusalOf(message, acme)).toBeUndefined();
  },
);

it('strangers do not learn of a tenant that lets nobody sign up, be it full', () => {
  expect(refusalOf(Registration.register, { ...acme, signUp: false })).toBeUndefined();
  expect(refusalOf(Registration.register, undefined)).toBeUndefined();
});
