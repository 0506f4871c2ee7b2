/** Owns the tables of every tenant database; cannot log in. */
export const ownerRole = 'tenant_owner';
/** Reads and writes rows, changes no tables; each tenant's own role is a member. */
export const memberRole = 'tenant_member';
