import type { KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type AuditAction, type FirstAdmin, type ParsedRequestOf, type ReplyOf, Users } from '@tenantry/contracts';
import {
  CONFIG,
  cursorKey,
  decodeCursor,
  encodeCursor,
  ServiceError,
  type Caller,
  type CursorBinding,
} from '@tenantry/service-kit';
import type { UsersConfig } from '../config.js';
import { Passwords } from '../passwords/passwords.js';
import type { Role } from '../roles/role.entity.js';
import { RolesRepository } from '../roles/roles.repository.js';
import { refuseBeyond } from '../roles/roles.service.js';
import { toAnswer, toPerson, type Answer, type Person } from './user.views.js';
import { changeOf } from './user-change.js';
import type { User } from './user.entity.js';
import { UsersRepository } from './users.repository.js';

const invalid = (pointer: string, code: string, message: string): ServiceError =>
  new ServiceError('validation', 'The request breaks a rule of its fields.', { errors: [{ pointer, code, message }] });

const unknownUser = (): ServiceError => new ServiceError('not-found', 'There is no such user.');

const permissionsOf = (roles: readonly Role[]): string[] => roles.flatMap(({ permissions }) => permissions);

function refuseAbove(caller: Caller, { roles }: User): void {
  if (permissionsOf(roles).some((one) => !caller.permissions.includes(one))) {
    throw new ServiceError('forbidden', 'This user may do more than you: ask somebody who may do as much.');
  }
}

@Injectable()
export class UsersService {
  readonly #cursorKey: KeyObject;

  constructor(
    private readonly users: UsersRepository,
    private readonly roles: RolesRepository,
    private readonly passwords: Passwords,
    @Inject(CONFIG) config: Pick<UsersConfig, 'MASTER_KEY'>,
  ) {
    this.#cursorKey = cursorKey(config.MASTER_KEY, 'users');
  }

  async list(
    { limit, cursor }: ParsedRequestOf<typeof Users.list>,
    { tenantId }: Caller,
  ): Promise<ReplyOf<typeof Users.list>> {
    const binding: CursorBinding = { tenantId, list: Users.list.subject };
    const [before] = cursor === undefined ? [] : decodeCursor(this.#cursorKey, binding, cursor);
    // One more than asked for tells whether there is another page.
    const found = await this.users.findPage(limit + 1, before);
    const data = found.slice(0, limit).map(toPerson);
    const last = found.length > limit ? data.at(-1) : undefined;
    return { data, nextCursor: last ? encodeCursor(this.#cursorKey, binding, [last.id]) : null };
  }

  /**
   * Nobody gives away more than they have: every permission of the new user's roles must be the caller's too.
   * @throws ServiceError `email-taken`, `forbidden`, `overloaded`; `validation` for a role that does not exist.
   */
  async create(request: ParsedRequestOf<typeof Users.create>, caller: Caller): Promise<Answer> {
    const roles = await this.#getRoles(request.roles);
    refuseBeyond(caller, permissionsOf(roles));
    return toAnswer(await this.#insert(request, roles));
  }

  /** @throws ServiceError `not-found` */
  async get(id: string): Promise<Answer> {
    const user = await this.users.find(id);
    if (!user) throw unknownUser();
    return toAnswer(user);
  }

  /**
   * Nobody gives away more than they have, nor decides over the account of somebody who may do more.
   * @throws ServiceError `not-found`, `forbidden`, `email-taken`, `last-admin`; `validation` for a role that does not exist.
   */
  async update({ id, ...given }: ParsedRequestOf<typeof Users.update>, caller: Caller): Promise<Answer> {
    const roles = given.roles && (await this.#getRoles(given.roles));
    const user = await this.users.update(id, (before) => {
      const change = changeOf(before, { ...given, roles });
      if (['email', 'active', 'roles'].some((name) => name in change)) refuseAbove(caller, before);
      refuseBeyond(caller, permissionsOf(change.roles ?? []));
      return change;
    });
    if (!user) throw unknownUser();
    return toAnswer(user);
  }

  /** @throws ServiceError `not-found`, `forbidden`, `last-admin` */
  async deactivate(id: string, caller: Caller): Promise<null> {
    await this.update({ id, active: false }, caller);
    return null;
  }

  /** Who comes by themselves is a member. @throws ServiceError `email-taken`, `overloaded` */
  async register(person: FirstAdmin): Promise<Person> {
    return toPerson(await this.#insert(person, await this.#getRoles(['member']), 'users.registered'));
  }

  /** Again, or twice at once, with the same e-mail gives the same user: the registry repeats it until it knows that it was done. */
  async createFirstAdmin(
    request: ParsedRequestOf<typeof Users.createFirstAdmin>,
  ): Promise<ReplyOf<typeof Users.createFirstAdmin>> {
    const known = await this.users.findIdByEmail(request.email);
    if (known) return { id: known };
    try {
      return { id: (await this.#insert(request, await this.#getRoles(['admin']))).id };
    } catch (error) {
      const winner = await this.users.findIdByEmail(request.email);
      if (!winner) throw error;
      return { id: winner };
    }
  }

  async #insert(person: FirstAdmin, roles: Role[], action?: AuditAction): Promise<User> {
    const { email, password, firstName, lastName } = person;
    const passwordHash = await this.passwords.hash(password);
    return this.users.insert({ email, passwordHash, firstName, lastName, roles }, action);
  }

  async #getRoles(names: readonly string[]): Promise<Role[]> {
    const roles = await this.roles.findByNames(names);
    const unknown = names.find((name) => !roles.some((role) => role.name === name));
    if (unknown !== undefined) throw invalid('/roles', 'unknown-role', `there is no role '${unknown}'`);
    return roles;
  }
}
