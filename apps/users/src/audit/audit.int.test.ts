import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TenantAudit, type TenantAuditEvent, Roles, tenantPermissions, Users } from '@tenantry/contracts';
import type { TenantDatabase } from '@tenantry/testing';
import type { Bus } from '../test/bus.js';
import { startTwoTenants, type TwoTenants } from '../test/two-tenants.js';

let both: TwoTenants;
let acme: TenantDatabase;
let globex: TenantDatabase;
let bus: Bus;
beforeAll(async () => ({ acme, globex, bus } = both = await startTwoTenants()));
afterAll(() => both.close());

const adminId = randomUUID();
const client = { address: '192.0.2.7', agent: 'curl/8.1' };
const asAdmin: Bus['ask'] = (message, request, tenant) =>
  bus.ask(message, request, tenant, { userId: adminId, permissions: tenantPermissions, client });

const password = 'anvil-orbit-walnut-9';
const create = async (tenant = acme) => {
  const person = { email: `${randomUUID()}@acme.test`, password, firstName: 'Ada', lastName: 'Lovelace' };
  return (await asAdmin(Users.create, person, tenant)).body;
};
const list = async (filters: object = {}, tenant = acme) => (await asAdmin(TenantAudit.list, filters, tenant)).body;
const deeds = (events: readonly TenantAuditEvent[]) => events.map(({ action, details }) => ({ action, details }));

describe('the audit of a tenant', () => {
  it('keeps who did what to whom, from where, in which request', async () => {
    const user = await create();
    const { data } = await list({ targetId: user.id });
    expect(data).toEqual([
      {
        ...{ id: expect.any(String), time: user.createdAt, action: 'users.created', details: { roles: ['member'] } },
        ...{ actor: `user:${adminId}`, actorId: adminId, targetId: user.id, requestId: expect.any(String) },
        ...client,
      },
    ]);
    expect(await list({ targetId: user.id }, globex)).toEqual({ data: [], nextCursor: null });
  });

  it('keeps each change, and of what changed nothing, nothing', async () => {
    const { id } = await create();
    await asAdmin(Users.update, { id, firstName: 'Augusta', roles: ['viewer'] }, acme);
    await asAdmin(Users.update, { id, firstName: 'Augusta' }, acme);
    await asAdmin(Users.delete, { id }, acme);
    expect(deeds((await list({ targetId: id })).data)).toEqual([
      { action: 'users.deactivated', details: { fields: ['active'] } },
      { action: 'users.changed', details: { fields: ['firstName', 'roles'], roles: ['viewer'] } },
      { action: 'users.created', details: { roles: ['member'] } },
    ]);
  });

  it('keeps nothing of what was not done', async () => {
    const [one, other] = [await create(), await create()];
    expect(await asAdmin(Users.update, { id: one.id, email: other.email }, acme)).toMatchObject({ status: 409 });
    expect((await list({ targetId: one.id, action: 'users.changed' })).data).toEqual([]);
  });

  it('keeps what becomes of roles and passwords, and no password', async () => {
    const { body: role } = await asAdmin(Roles.create, { name: 'Auditor', permissions: ['audit:read'] }, acme);
    await asAdmin(Roles.update, { id: role.id, permissions: [] }, acme);
    await asAdmin(Roles.delete, { id: role.id }, acme);
    expect((await list({ targetId: role.id })).data.map(({ action }) => action)).toEqual([
      ...['roles.deleted', 'roles.changed', 'roles.created'],
    ]);
    const user = await create();
    const change = { currentPassword: password, newPassword: `${password}-other` };
    await bus.ask(Users.changePassword, change, acme, { userId: user.id, permissions: [] });
    const { data } = await list({ actorId: user.id });
    expect(data).toMatchObject([{ action: 'users.password-changed', targetId: user.id }]);
    expect(JSON.stringify(await list({ limit: 100 }))).not.toMatch(/anvil|argon2/);
  });

  it('is read page by page, filtered by action and time, under one cursor for one filter', async () => {
    const filters = { action: 'users.created' as const, limit: 2 };
    const all = (await list({ ...filters, limit: 100 })).data.map(({ id }) => id);
    const first = await list(filters);
    const second = await list({ ...filters, cursor: first.nextCursor! });
    expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(all.slice(0, 4));
    expect(await asAdmin(TenantAudit.list, { limit: 2, cursor: first.nextCursor! }, acme)).toMatchObject({
      status: 400,
    });
    const { time } = first.data[0]!;
    expect((await list({ ...filters, from: time })).data.map(({ id }) => id)).toContain(all[0]);
    expect((await list({ ...filters, to: time })).data.map(({ id }) => id)).not.toContain(all[0]);
  });

  it('is not for who lacks the permission', async () => {
    expect(await bus.ask(TenantAudit.list, {}, acme, { permissions: ['users:read'] })).toMatchObject({ status: 403 });
  });
});
