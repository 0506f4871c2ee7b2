import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { builtInRoles, Roles, tenantPermissions, Users } from '@tenantry/contracts';
import type { TenantDatabase } from '@tenantry/testing';
import { until, type Bus } from '../test/bus.js';
import { startTwoTenants, type TwoTenants } from '../test/two-tenants.js';

let both: TwoTenants;
let acme: TenantDatabase;
let globex: TenantDatabase;
let bus: Bus;
beforeAll(async () => ({ acme, globex, bus } = both = await startTwoTenants()));
afterAll(() => both.close());

const admin = { permissions: tenantPermissions };
const asAdmin: Bus['ask'] = (message, request, tenant) => bus.ask(message, request, tenant, admin);

const auditor = { description: 'Looks at prices', permissions: ['products:read' as const] };
let made = 0;
const create = async (change: object = {}) => {
  const { status, body } = await asAdmin(Roles.create, { ...auditor, name: `auditor ${++made}`, ...change }, acme);
  expect(status).toBe(201);
  return body;
};
const builtIn = async (name: string) => {
  const { body } = await asAdmin(Roles.list, { limit: 100 }, acme);
  return body.data.find((role) => role.name === name)!;
};
const person = (roles: string[]) => ({
  ...{
    email: `${randomUUID()}@acme.test`,
    password: 'anvil-orbit-walnut-9',
    firstName: 'Ada',
    lastName: 'Lovelace',
    roles,
  },
});

/** Deletes a role, and commits when somebody who has seen it waits for that: at the latest after 5 s. */
const deletionOnceSeen = (id: string): string => `DO $$ BEGIN
  DELETE FROM roles WHERE id = '${id}';
  FOR time IN 1..500 LOOP
    EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid);
    PERFORM pg_sleep(0.01);
  END LOOP;
END $$`;

describe('the roles of a tenant', () => {
  it('are the built-in ones at first, with what the contract says they may do', async () => {
    const { body } = await asAdmin(Roles.list, {}, globex);
    const sets = body.data.map(({ name, permissions }) => [name, new Set(permissions)]);
    expect(sets).toEqual(Object.entries(builtInRoles).map(([name, permissions]) => [name, new Set(permissions)]));
    expect(body.data.every(({ builtIn: is }) => is)).toBe(true);
  });

  it('are made, read, changed and deleted, each in its own tenant', async () => {
    const role = await create({ name: ' Auditor ', permissions: ['users:read', 'products:read', 'users:read'] });
    expect(role).toEqual({
      ...{ id: role.id, name: 'Auditor', description: 'Looks at prices', builtIn: false },
      permissions: ['users:read', 'products:read'],
    });
    expect(await asAdmin(Roles.get, { id: role.id }, acme)).toMatchObject({ status: 200, body: role });
    expect(await asAdmin(Roles.get, { id: role.id }, globex)).toMatchObject({ status: 404 });
    const changed = await asAdmin(Roles.update, { id: role.id, name: 'Inspector', permissions: [] }, acme);
    expect(changed).toMatchObject({ status: 200, body: { ...role, name: 'Inspector', permissions: [] } });
    expect(await asAdmin(Roles.delete, { id: role.id }, globex)).toMatchObject({ status: 404 });
    expect(await asAdmin(Roles.delete, { id: role.id }, acme)).toMatchObject({ status: 204, body: null });
    expect(await asAdmin(Roles.get, { id: role.id }, acme)).toMatchObject({ status: 404 });
  });

  it('come page by page, each once', async () => {
    await create();
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const { body } = await asAdmin(Roles.list, { limit: 2, ...(cursor ? { cursor } : {}) }, acme);
      names.push(...body.data.map(({ name }) => name));
      cursor = body.nextCursor ?? undefined;
    } while (cursor);
    expect(names.slice(0, 4)).toEqual(Object.keys(builtInRoles));
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(['admin', 'ADMIN', ' Viewer'])('have names of their own: %p is taken', async (name) => {
    expect(await asAdmin(Roles.create, { ...auditor, name }, acme)).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    });
  });

  it('are made once by ten who make the same at once', async () => {
    const all = await Promise.all(
      Array.from({ length: 10 }, () => asAdmin(Roles.create, { ...auditor, name: 'Only' }, acme)),
    );
    expect(all.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 9 }, () => 409)]);
  });

  it('that are built in can be neither changed nor deleted', async () => {
    const { id } = await builtIn('viewer');
    const change = { id, permissions: [...tenantPermissions] };
    expect(await asAdmin(Roles.update, change, acme)).toMatchObject({ status: 409 });
    expect(await asAdmin(Roles.delete, { id }, acme)).toMatchObject({ status: 409 });
    expect(await builtIn('viewer')).toMatchObject({ permissions: builtInRoles['viewer'] });
  });

  it('cannot be deleted or renamed while somebody has them', async () => {
    const { id, name } = await create();
    expect(await asAdmin(Users.create, person([name]), acme)).toMatchObject({ status: 201, body: { roles: [name] } });
    expect(await asAdmin(Roles.delete, { id }, acme)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(await asAdmin(Roles.update, { id, name: 'Other' }, acme)).toMatchObject({ status: 409 });
    expect(await asAdmin(Roles.update, { id, description: 'Other' }, acme)).toMatchObject({ status: 200 });
  });

  it.each<[string, (id: string, roles: string[]) => Promise<object>]>([
    ['made', (_, roles) => asAdmin(Users.create, person(roles), acme)],
    ['changed', (id, roles) => asAdmin(Users.update, { id, roles }, acme)],
  ])('that are deleted while somebody with them is %s are answered as unknown ones', async (_, give) => {
    const { body: somebody } = await asAdmin(Users.create, person(['viewer']), acme);
    const { id, name } = await create();
    const deleted = acme.query(deletionOnceSeen(id));
    const free = 'SELECT FROM roles WHERE id = $1 FOR KEY SHARE SKIP LOCKED';
    await until(async () => (await acme.query(free, [id])).rows.length === 0);
    const answer = await give(somebody.id, [name]);
    await deleted;
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/roles', code: 'unknown-role' }] } });
  });

  it('are changed and deleted in the version that was seen, or not at all', async () => {
    const { id } = await create();
    const { etag } = await asAdmin(Roles.get, { id }, acme);
    const seen = { ...admin, ifMatch: etag! };
    expect(await bus.ask(Roles.update, { id, description: 'a' }, acme, seen)).toMatchObject({ status: 200 });
    expect(await bus.ask(Roles.update, { id, description: 'b' }, acme, seen)).toMatchObject({ status: 412 });
    expect(await bus.ask(Roles.delete, { id }, acme, seen)).toMatchObject({ status: 412 });
  });

  it('are refused with a permission that does not exist, at its place', async () => {
    const request = { ...auditor, name: 'Emperor', permissions: ['products:read', 'tenants:write'] };
    expect(await asAdmin(Roles.create, request as never, acme)).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/permissions/1' }] },
    });
  });
});

describe('nobody gives a permission that they lack', () => {
  const keeper = { permissions: ['roles:read', 'roles:write', 'users:write', 'products:read'] };
  const asKeeper: Bus['ask'] = (message, request, tenant) => bus.ask(message, request, tenant, keeper);

  it('in a new role', async () => {
    const request = { ...auditor, name: 'Sneaky', permissions: ['users:read' as const] };
    expect(await asKeeper(Roles.create, request, acme)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(await asKeeper(Roles.create, { ...auditor, name: 'Fair' }, acme)).toMatchObject({ status: 201 });
  });

  it('to a role that is there; what it has already may stay', async () => {
    const { id } = await create({ permissions: ['users:read'] });
    const wider = { id, permissions: ['users:read' as const, 'products:write' as const] };
    expect(await asKeeper(Roles.update, wider, acme)).toMatchObject({ status: 403 });
    const fair = { id, permissions: ['users:read' as const, 'products:read' as const] };
    expect(await asKeeper(Roles.update, fair, acme)).toMatchObject({ status: 200 });
  });

  it('to a person', async () => {
    const { body } = await asKeeper(Users.create, person(['viewer']), acme);
    expect(await asKeeper(Users.update, { id: body.id, roles: ['member'] }, acme)).toMatchObject({ status: 403 });
    expect(await asKeeper(Users.create, person(['manager']), acme)).toMatchObject({ status: 403 });
  });
});

describe('what roles may do, as the gateway asks it', () => {
  const set = () => bus.gateway.ask(Roles.permissions, {}, { tenantId: acme.tenantId });

  it('is told of every role, with a version that grows with each change and with nothing else', async () => {
    const before = await set();
    expect(before.roles).toContainEqual({ name: 'viewer', permissions: ['products:read'] });
    const { id, name } = await create();
    const after = await set();
    expect(after.version).toBe(before.version + 1);
    expect(after.roles).toContainEqual({ name, permissions: ['products:read'] });
    await asAdmin(Roles.update, { id, description: 'Looks at prices' }, acme);
    await asAdmin(Roles.update, { id }, acme);
    expect(await set()).toEqual(after);
    await asAdmin(Roles.delete, { id }, acme);
    expect(await set()).toEqual({ version: after.version + 1, roles: before.roles });
  });

  it('is nothing that a person may ask', async () => {
    expect(await asAdmin(Roles.permissions, {}, acme)).toMatchObject({ status: 403 });
  });
});

describe('a changed role', () => {
  const told = () => bus.revoked.filter(({ kind }) => kind === 'role').length;

  it('is told to auth at once, with the version of the set; what changes nothing is not', async () => {
    const before = told();
    const { id } = await create();
    await asAdmin(Roles.update, { id, permissions: [] }, acme);
    const { version } = await bus.gateway.ask(Roles.permissions, {}, { tenantId: acme.tenantId });
    await asAdmin(Roles.update, { id, permissions: [] }, acme);
    await asAdmin(Roles.update, { id, name: 'admin' }, acme);
    await asAdmin(Roles.delete, { id }, acme);
    await until(() => told() === before + 3);
    expect(bus.revoked.slice(-3)).toEqual(
      [version - 1, version, version + 1].map((one) => ({ kind: 'role', roleId: id, version: one })),
    );
  });
});
