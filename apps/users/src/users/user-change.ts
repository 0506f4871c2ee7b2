import type { Role } from '../roles/role.entity.js';
import type { User } from './user.entity.js';

/** What of a user may be changed; what is left out stays. */
export type UserChange = Partial<Pick<User, 'email' | 'firstName' | 'lastName' | 'active' | 'roles'>>;

const namesOf = (roles: readonly Role[]): string =>
  roles
    .map(({ name }) => name)
    .sort()
    .join('\n');

/** What of `given` is not so already. */
export function changeOf(
  before: User,
  { roles, ...fields }: { [Name in keyof UserChange]?: UserChange[Name] | undefined },
): UserChange {
  const changed = Object.entries(fields).filter(
    ([name, value]) => value !== undefined && value !== before[name as keyof typeof fields],
  );
  const hasOtherRoles = roles !== undefined && namesOf(roles) !== namesOf(before.roles);
  return { ...Object.fromEntries(changed), ...(hasOtherRoles ? { roles } : {}) };
}
