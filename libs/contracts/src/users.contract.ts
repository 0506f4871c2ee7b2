import { z } from 'zod';
import { AccessChange } from './access.js';
import { event } from './event.js';
import { message } from './message.js';
import { roleName } from './roles.contract.js';
import { email, id, nothing, page, paging, password, personName, sortBy, text, timestamp } from './schemas.js';
import { TenantLimits } from './tenant-limits.js';

const roles = z.array(roleName).min(1).max(20);
/** As they may stand in the database, which also has older ones. */
const names = { firstName: text(1, 100), lastName: text(1, 100) };
const newNames = { firstName: personName(1, 100), lastName: personName(1, 100) };

/** A person of a tenant. The password is write-only and never part of it. */
export const User = z
  .strictObject({
    id,
    email,
    ...names,
    active: z.boolean(),
    roles: z.array(z.string()),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'User' });
export type User = z.output<typeof User>;

/** The first person of a tenant: always with the role `admin`. */
export const FirstAdmin = z.strictObject({ email, password, ...newNames }).meta({ id: 'FirstAdmin' });
export type FirstAdmin = z.output<typeof FirstAdmin>;

export const CreateUser = z
  .strictObject({ email, password, ...newNames, roles: roles.default(['member']) })
  .meta({ id: 'CreateUser' });

/** What a login sends. A password that could not be set is answered like any wrong one, so only its size is checked. */
export const credentials = { email, password: text(0, 1024) };

/** Whom a session is for: what its tokens say, as of the moment it was asked. */
export const SessionSubject = z.strictObject({ id, roles: z.array(z.string()), securityVersion: z.int().positive() });
export type SessionSubject = z.output<typeof SessionSubject>;

const ChangeUser = z.strictObject({ email, ...newNames, active: z.boolean(), roles }).partial();

export const Users = {
  list: message('users.list', {
    request: z.strictObject({
      ...paging,
      sort: sortBy('email', 'lastName', 'createdAt').default('-createdAt'),
      email: email.optional(),
      active: z.boolean().optional(),
      role: roleName.optional(),
      q: text(1, 200).optional().meta({ description: 'Text in the e-mail or the name' }),
    }),
    reply: page(User).meta({ id: 'UserPage' }),
    needs: 'users:read',
    idempotent: true,
  }),
  create: message('users.create', {
    request: CreateUser,
    reply: User,
    needs: 'users:write',
    status: 201,
    etag: true,
    keyed: 'allowed',
  }),
  get: message('users.get', {
    request: z.strictObject({ id }),
    reply: User,
    needs: 'users:read',
    idempotent: true,
    etag: true,
  }),
  update: message('users.update', {
    request: ChangeUser.extend({ id }),
    reply: User,
    needs: 'users:write',
    etag: true,
    ifMatch: true,
  }),
  /** Deactivates: who has left is still named by what they did. */
  delete: message('users.delete', {
    request: z.strictObject({ id }),
    reply: nothing,
    needs: 'users:write',
    status: 204,
    ifMatch: true,
  }),
  me: message('users.me', {
    request: z.strictObject({}),
    reply: User,
    needs: 'authenticated',
    idempotent: true,
    etag: true,
  }),
  /** Names alone: who could change the address with a stolen token could take the account over. */
  updateMe: message('users.me.update', {
    request: z.strictObject(newNames).partial().meta({ id: 'ChangeMe' }),
    reply: User,
    needs: 'authenticated',
    etag: true,
    ifMatch: true,
  }),
  /** Ends the caller's other sessions. Raises `invalid-credentials` where the present password is not the one given. */
  changePassword: message('users.me.change-password', {
    request: z
      .strictObject({ currentPassword: z.string().max(1024), newPassword: password })
      .meta({ id: 'ChangePassword' }),
    reply: nothing,
    needs: 'authenticated',
    status: 204,
  }),
  myTenant: message('users.me.tenant', {
    request: z.strictObject({}),
    reply: z
      .strictObject({ id, slug: z.string(), name: z.string(), plan: z.string(), limits: TenantLimits })
      .meta({ id: 'MyTenant' }),
    needs: 'authenticated',
    idempotent: true,
  }),
  /** Makes the first admin while the tenant is being provisioned; again with the same e-mail changes nothing. */
  createFirstAdmin: message('users.create-first-admin', {
    request: FirstAdmin,
    reply: z.strictObject({ id }),
    needs: 'system:tenant-registry',
    idempotent: true,
    tenant: ['provisioning'],
  }),
  /** Whether these credentials are right; raises `invalid-credentials` alike for every way in which they are not. */
  verifyPassword: message('users.verify-password', {
    request: z.strictObject(credentials),
    reply: SessionSubject,
    needs: 'system:auth',
    idempotent: true,
    hidesTenants: true,
  }),
  /** Before a session is prolonged: who it is for by now; raises `invalid-credentials` for somebody disabled or gone. */
  sessionSubject: message('users.session-subject', {
    request: z.strictObject({ id }),
    reply: SessionSubject,
    needs: 'system:auth',
    idempotent: true,
  }),
};

export const UserEvents = {
  created: event('users.created', { data: User, version: 1 }),
  /** Told with the user or the role as the aggregate. */
  accessChanged: event('users.access-changed', { data: AccessChange, version: 1 }),
  /** With the user as they are then. */
  changed: event('users.changed', { data: User, version: 1 }),
};
