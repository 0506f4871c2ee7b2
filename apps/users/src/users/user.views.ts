import type { AnswerOf, ReplyOf, Users } from '@tenantry/contracts';
import type { User } from './user.entity.js';

/** A user as everybody may see them. */
export type Person = ReplyOf<typeof Users.me>;

/** Field by field, so that nothing leaves that the contract does not name. */
export const toPerson = ({
  id,
  email,
  firstName,
  lastName,
  active,
  roleNames,
  createdAt,
  updatedAt,
}: User): Person => ({
  id,
  email,
  firstName,
  lastName,
  active,
  roles: roleNames,
  createdAt,
  updatedAt,
});

/** The same where the answer is about one user, who has versions. */
export type Answer = AnswerOf<typeof Users.get>;

export const toAnswer = (user: User): Answer => ({
  ...toPerson(user),
  version: user.version,
});
