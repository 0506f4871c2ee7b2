/** What people of a tenant may be allowed to do: `<resource>:<read|write>`. */
export const tenantPermissions = [
  'users:read',
  'users:write',
  'roles:read',
  'roles:write',
  'products:read',
  'products:write',
  'audit:read',
] as const;
export type TenantPermission = (typeof tenantPermissions)[number];

/** What operators of the platform may be allowed to do. A message outside tenants takes these from nobody who is in one. */
export const operatorScopes = [
  'tenants:read',
  'tenants:write',
  'clusters:read',
  'clusters:write',
  'operators:read',
  'operators:write',
  'audit:read',
] as const;
export type OperatorScope = (typeof operatorScopes)[number];

/**
 * Who may ask a message:
 * - a permission or scope: a caller whose signed context holds it;
 * - `authenticated`: any person with a session in the tenant; `public`: anyone, also before login;
 * - `system:<service>`: that service itself, in a context it signed;
 * - `service`: any service, without a context: NATS subject permissions decide.
 */
export type Access =
  | TenantPermission
  | OperatorScope
  | 'authenticated'
  | 'public'
  | 'service'
  | 'system:auth'
  | 'system:gateway'
  | 'system:tenant-registry'
  | 'system:users';

/** The roles each tenant is born with. */
export const builtInRoles: Readonly<Record<string, readonly TenantPermission[]>> = {
  admin: tenantPermissions,
  manager: ['products:read', 'products:write', 'users:read', 'users:write'],
  member: ['products:read', 'products:write'],
  viewer: ['products:read'],
};
