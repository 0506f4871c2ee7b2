import { Injectable } from '@nestjs/common';
import { type FirstAdmin, type ParsedRequestOf, type ReplyOf, type Users } from '@tenantry/contracts';
import { type Caller, ServiceError } from '@tenantry/service-kit';
import { TokenMails } from '../mail/token-mails.js';
import { Passwords } from '../passwords/passwords.js';
import type { Role } from '../roles/role.entity.js';
import { RolesRepository } from '../roles/roles.repository.js';
import { refuseBeyond } from '../roles/roles.service.js';
import { TenantTerms } from '../tenant/tenant-terms.js';
import { unknownRole } from './unknown-role.js';
import { toAnswer, toPerson, type Answer, type Person } from './user.views.js';
import { changeOf } from './user-change.js';
import type { User } from './user.entity.js';
import { UsersRepository } from './users.repository.js';

const unknownUser = (): ServiceError => new ServiceError('not-found', 'There is no such user.');

const permissionsOf = (roles: readonly Role[]): string[] => roles.flatMap(({ permissions }) => permissions);

function refuseAbove(caller: Caller, { roles }: User): void {
  if (permissionsOf(roles).some((one) => !caller.permissions.includes(one))) {
    throw new ServiceError('forbidden', 'This user may do more than you: ask somebody who may do as much.');
  }
}

@Injectable()
export class UsersService {
  constructor(
    private readonly users: UsersRepository,
    private readonly roles: RolesRepository,
    private readonly passwords: Passwords,
    private readonly terms: TenantTerms,
    private readonly mails: TokenMails,
  ) {}

  /** @throws ServiceError `invalid-cursor` */
  list(request: ParsedRequestOf<typeof Users.list>, { tenantId }: Caller): Promise<ReplyOf<typeof Users.list>> {
    return this.users.findPage(request, tenantId);
  }

  /**
   * Nobody gives away more than they have: every permission of the new user's roles must be the caller's too.
   * @throws ServiceError `email-taken`, `forbidden`, `overloaded`; `validation` for a role that does not exist.
   */
  async create(request: ParsedRequestOf<typeof Users.create>, caller: Caller): Promise<Answer> {
    const roles = await this.#getRoles(request.roles);
    refuseBeyond(caller, permissionsOf(roles));
    return toAnswer(await this.#insert(request, roles, { maxUsers: await this.#room(caller) }));
  }

  /** @throws ServiceError `not-found` */
  async get(id: string): Promise<Answer> {
    const user = await this.users.find(id);
    if (!user) throw unknownUser();
    return toAnswer(user);
  }

  /**
   * Nobody gives away more than they have, nor decides over the account of somebody who may do more. A new address is sent a mail to show
   * whose it is.
   * @throws ServiceError `not-found`, `forbidden`, `email-taken`, `last-admin`; `validation` for a role that does not exist.
   */
  async update({ id, ...given }: ParsedRequestOf<typeof Users.update>, caller: Caller): Promise<Answer> {
    const roles = given.roles && (await this.#getRoles(given.roles));
    const maxUsers = given.active ? await this.#room(caller) : undefined;
    let isMoved = false;
    const user = await this.users.update(
      id,
      (before) => {
        const change = changeOf(before, { ...given, roles });
        isMoved = change.email !== undefined;
        if (['email', 'active', 'roles'].some((name) => name in change)) refuseAbove(caller, before);
        refuseBeyond(caller, permissionsOf(change.roles ?? []));
        return change;
      },
      maxUsers,
    );
    if (!user) throw unknownUser();
    if (isMoved) this.mails.sendSoon(caller.tenantId!, 'verify-email', () => Promise.resolve(id));
    return toAnswer(user);
  }

  /** @throws ServiceError `not-found`, `forbidden`, `last-admin` */
  async deactivate(id: string, caller: Caller): Promise<null> {
    await this.update({ id, active: false }, caller);
    return null;
  }

  /** Who comes by themselves is a member. @throws ServiceError `email-taken`, `overloaded` */
  async register(person: FirstAdmin, caller: Caller): Promise<Person> {
    const maxUsers = await this.#room(caller);
    const roles = await this.#getRoles(['member']);
    return toPerson(await this.#insert(person, roles, { action: 'users.registered', maxUsers }));
  }

  /** Again, or twice at once, with the same e-mail gives the same user: the registry repeats it until it knows that it was done. */
  async createFirstAdmin(
    request: ParsedRequestOf<typeof Users.createFirstAdmin>,
  ): Promise<ReplyOf<typeof Users.createFirstAdmin>> {
    try {
      return { id: (await this.#insert(request, await this.#getRoles(['admin']))).id };
    } catch (error) {
      const winner = await this.users.findIdByEmail(request.email);
      if (!winner) throw error;
      return { id: winner };
    }
  }

  async #insert(person: FirstAdmin, roles: Role[], terms?: Parameters<UsersRepository['insert']>[1]): Promise<User> {
    const { email, password, firstName, lastName } = person;
    const passwordHash = await this.passwords.hash(password);
    return this.users.insert({ email, passwordHash, firstName, lastName, roles }, terms);
  }

  /** How many active users the tenant's plan has room for. */
  async #room({ tenantId }: Caller): Promise<number> {
    return (await this.terms.get(tenantId!)).limits.maxUsers;
  }

  async #getRoles(names: readonly string[]): Promise<Role[]> {
    const roles = await this.roles.findByNames(names);
    const unknown = names.find((name) => !roles.some((role) => role.name === name));
    if (unknown !== undefined) throw unknownRole(`there is no role '${unknown}'`);
    return roles;
  }
}
