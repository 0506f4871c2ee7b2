import { Users } from '@tenantry/contracts';
import { contains, type ListTerms } from '@tenantry/service-kit';

/** Rows as the contract has users. */
const rows = `SELECT id, email, first_name AS "firstName", last_name AS "lastName", active,
  ARRAY(SELECT name FROM roles JOIN user_roles ON role_id = roles.id WHERE user_id = users.id ORDER BY name) AS roles,
  created_at AS "createdAt", updated_at AS "updatedAt" FROM users`;

/** The list of users: an index for each of its orders. */
export const userList: ListTerms = {
  subject: Users.list.subject,
  rows,
  orders: {
    email: ['email', 'text'],
    lastName: ['last_name', 'text'],
    createdAt: ['created_at', 'timestamptz'],
  },
  filters: {
    email: (address) => `email = ${address}`,
    active: (flag) => `active = ${flag}`,
    role: (name) =>
      `EXISTS (SELECT FROM user_roles JOIN roles ON roles.id = role_id WHERE user_id = users.id AND name = ${name})`,
    q: contains('email', 'first_name', 'last_name', "first_name || ' ' || last_name"),
  },
};
