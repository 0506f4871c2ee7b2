import { z } from 'zod';
import { message } from './message.js';
import { tenantPermissions } from './permissions.js';
import { id, nothing, page, paging, text } from './schemas.js';

/** The name of a role that there may be: trimmed, NFC. Unique in its tenant whatever the case of its letters. */
export const roleName = text(1, 50).trim().normalize('NFC').min(1);

/** A new name of a role decides about rights, so it has a plain alphabet, and what looks the same by compatibility is the same (NFKC). */
const newRoleName = text(1, 50)
  .normalize('NFKC')
  .trim()
  .min(1)
  .max(50)
  .refine((value) => /^[\p{L}\p{M}\p{Nd} _.,:+&/()-]*$/u.test(value), {
    error: 'must consist of letters, digits, spaces, and - _ . , : + & / ( )',
    params: { code: 'not-of-the-alphabet' },
  })
  .meta({ description: 'Letters of any script, digits, spaces, and `- _ . , : + & / ( )`; kept in NFKC' });

const fields = {
  name: newRoleName,
  description: text(0, 500),
  permissions: z.array(z.enum(tenantPermissions)).max(tenantPermissions.length),
};

/** A named set of permissions. Built-in ones are the same in every tenant and stay as they are. */
export const Role = z
  .strictObject({
    id,
    name: z.string(),
    description: z.string(),
    permissions: z.array(z.string()),
    builtIn: z.boolean(),
  })
  .meta({ id: 'Role' });
export type Role = z.output<typeof Role>;

export const CreateRole = z
  .strictObject({ ...fields, description: fields.description.default('') })
  .meta({ id: 'CreateRole' });

export const Roles = {
  list: message('users.roles.list', {
    request: z.strictObject(paging),
    reply: page(Role).meta({ id: 'RolePage' }),
    needs: 'roles:read',
    idempotent: true,
  }),
  get: message('users.roles.get', {
    request: z.strictObject({ id }),
    reply: Role,
    needs: 'roles:read',
    idempotent: true,
    etag: true,
  }),
  create: message('users.roles.create', {
    request: CreateRole,
    reply: Role,
    needs: 'roles:write',
    status: 201,
    etag: true,
    keyed: 'allowed',
  }),
  update: message('users.roles.update', {
    request: z.strictObject(fields).partial().extend({ id }),
    reply: Role,
    needs: 'roles:write',
    etag: true,
    ifMatch: true,
  }),
  delete: message('users.roles.delete', {
    request: z.strictObject({ id }),
    reply: nothing,
    needs: 'roles:write',
    status: 204,
    ifMatch: true,
  }),
  /** The gateway's question: what may each role of the tenant do? `version` grows with every change of any of them. */
  permissions: message('users.roles.permissions', {
    request: z.strictObject({}),
    reply: z.strictObject({
      version: z.int(),
      roles: z.array(z.strictObject({ name: z.string(), permissions: z.array(z.string()) })),
    }),
    needs: 'system:gateway',
    idempotent: true,
  }),
};
