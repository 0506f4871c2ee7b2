import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type AuditAction, type ParsedRequestOf, UserEvents, type Users } from '@tenantry/contracts';
import {
  CONFIG,
  cursorKey,
  type CursorSecret,
  Listing,
  type Page,
  preconditionFailed,
  ServiceError,
  wantedVersions,
} from '@tenantry/service-kit';
import { TenantConnections } from '@tenantry/tenant-connection';
import { QueryFailedError, type Repository } from 'typeorm';
import { Changes, type Say } from '../changes/changes.js';
import type { Role } from '../roles/role.entity.js';
import { unknownRole } from './unknown-role.js';
import type { UserChange } from './user-change.js';
import { User } from './user.entity.js';
import { userList } from './user.list.js';
import { toPerson, type Person } from './user.views.js';

type NewUser = Pick<User, 'email' | 'passwordHash' | 'firstName' | 'lastName' | 'roles'>;

interface InsertTerms {
  /** How it came about. */
  readonly action?: AuditAction;
  /** Active users that the tenant's plan has room for. */
  readonly maxUsers?: number;
}

/** In the transaction of a birth it is half of the work, and nothing that is read with entities needs it. */
const insertion = `
  WITH made AS (
    INSERT INTO users (email, password_hash, first_name, last_name) VALUES ($1, $2, $3, $4) RETURNING *
  ), given AS (
    INSERT INTO user_roles (user_id, role_id) SELECT id, unnest($5::uuid[]) FROM made
  )
  SELECT id, active, security_version AS "securityVersion", email_verified_at AS "emailVerifiedAt", version,
    created_at AS "createdAt", updated_at AS "updatedAt" FROM made`;

/** What the database refuses, by the constraint that did. */
const refusals: Readonly<Record<string, (cause: unknown) => ServiceError>> = {
  users_email_key: (cause) => new ServiceError('email-taken', 'Another user has this e-mail address.', { cause }),
  // It was there when it was looked up: between that and the writing lies a hash.
  user_roles_role_id_fkey: (cause) => unknownRole('one of these roles has just been deleted', cause),
};

/** Access tokens given before do not hold any more. */
const nextVersion = { securityVersion: () => 'security_version + 1' };

const isAdmin = ({ active, roles }: Pick<User, 'active' | 'roles'>): boolean =>
  active && roles.some(({ name }) => name === 'admin');

@Injectable()
export class UsersRepository {
  readonly #listing: Listing<Person>;

  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    private readonly connections: TenantConnections,
    private readonly changes: Changes,
    @Inject(CONFIG) config: CursorSecret,
  ) {
    this.#listing = new Listing(userList, cursorKey(config, 'users'));
  }

  /** @throws ServiceError `invalid-cursor` */
  findPage(request: ParsedRequestOf<typeof Users.list>, tenantId: string | null): Promise<Page<Person>> {
    return this.#listing.page(request, tenantId, (name, text, values) => this.connections.query(name, text, values));
  }

  find(id: string): Promise<User | null> {
    return this.users.findOneBy({ id });
  }

  async findIdByEmail(email: string): Promise<string | undefined> {
    return (await this.users.findOne({ select: { id: true }, where: { email } }))?.id;
  }

  /**
   * The user, its roles, and the word of it to other services; or nothing.
   * @throws ServiceError `email-taken`; `conflict` for one beyond `maxUsers`; `validation` for a role that is gone.
   */
  insert(user: NewUser, { action = 'users.created', maxUsers = Infinity }: InsertTerms = {}): Promise<User> {
    return this.write(async (say) => {
      await this.refuseBeyond(maxUsers);
      const { email, passwordHash, firstName, lastName, roles } = user;
      const values = [email, passwordHash, firstName, lastName, roles.map(({ id }) => id)];
      const [made] = await this.connections.query<Partial<User>>('users.insert', insertion, values);
      const written = Object.assign(new User(), user, made, { roleNames: roles.map(({ name }) => name).sort() });
      say.event(UserEvents.created, { aggregate: written.id, data: toPerson(written) });
      await say.audit({ action, targetId: written.id, details: { roles: written.roleNames } });
      return written;
    });
  }

  /**
   * Changes a user to what `decide` makes of them as they are now, with their roles; nothing to change is nothing done.
   * @returns the user as they are then, or null when there is none.
   * @throws ServiceError `precondition-failed`, `email-taken`, `last-admin`; `conflict` beyond `maxUsers`; `validation` for a role that is
   * gone; whatever `decide` raises.
   */
  update(id: string, decide: (before: User) => UserChange, maxUsers = Infinity): Promise<User | null> {
    return this.write(async (say) => {
      await this.connections.query('users.lock', 'SELECT FROM users WHERE id = $1 FOR UPDATE', [id]);
      const before = await this.users.findOne({ where: { id }, relations: { roles: true } });
      if (before && wantedVersions(id)?.includes(before.version) === false) throw preconditionFailed();
      const change = before ? decide(before) : {};
      if (!before || Object.keys(change).length === 0) return before;
      if (isAdmin(before) && !isAdmin({ ...before, ...change })) await this.refuseLastAdmin(id);
      if (change.active) await this.refuseBeyond(maxUsers);
      const { roles, ...fields } = change;
      const isDisabled = change.active === false;
      const hasOtherAccess = isDisabled || roles !== undefined;
      await this.users.update(id, {
        ...fields,
        ...(hasOtherAccess ? nextVersion : {}),
        ...(fields.email ? { emailVerifiedAt: null } : {}),
        updatedAt: () => 'now()',
      });
      if (roles) await this.replaceRoles(before, roles);
      const after = (await this.find(id))!;
      say.event(UserEvents.changed, { aggregate: id, data: toPerson(after) });
      await say.audit({
        action: isDisabled ? 'users.deactivated' : 'users.changed',
        targetId: id,
        details: { fields: Object.keys(change), ...(roles ? { roles: after.roleNames } : {}) },
      });
      if (hasOtherAccess) {
        const sessions = isDisabled ? 'ended' : 'kept';
        say.access({ kind: 'user', userId: id, version: after.securityVersion, sessions, except: null });
      }
      return after;
    });
  }

  /**
   * Notes that whoever `spend` says reads mail at their address, in one transaction with the spending.
   * @returns false where nothing was spent.
   */
  verifyEmail(spend: () => Promise<{ userId: string } | undefined>): Promise<boolean> {
    const text = 'UPDATE users SET email_verified_at = now() WHERE id = $1 AND email_verified_at IS NULL';
    return this.changes.transaction(async (say) => {
      const spent = await spend();
      if (!spent) return false;
      await this.connections.query('users.verify-email', text, [spent.userId]);
      await say.audit({ action: 'users.email-verified', userId: spent.userId, targetId: spent.userId });
      return true;
    });
  }

  private async write<Result>(work: (say: Say) => Promise<Result>): Promise<Result> {
    try {
      return await this.changes.transaction(work);
    } catch (cause) {
      const { constraint } = (cause instanceof QueryFailedError ? cause.driverError : cause) as { constraint?: string };
      throw (constraint ? refusals[constraint]?.(cause) : undefined) ?? cause;
    }
  }

  /** Whoever else is let in meanwhile waits, so that two cannot both be the last that there is room for. */
  private async refuseBeyond(maxUsers: number): Promise<void> {
    if (maxUsers === Infinity) return;
    await this.connections.query('users.room.lock', `SELECT pg_advisory_xact_lock(hashtext('users'))`);
    const text = 'SELECT count(*)::integer AS count FROM users WHERE active';
    const [active] = await this.connections.query<{ count: number }>('users.room', text);
    if (active!.count >= maxUsers)
      throw new ServiceError('conflict', `The plan has room for ${maxUsers} active users.`);
  }

  /** Admins leave one at a time: of two who demote each other at once, the second finds the first gone. */
  private async refuseLastAdmin(id: string): Promise<void> {
    await this.connections.query('users.admins.lock', `SELECT FROM roles WHERE name = 'admin' FOR NO KEY UPDATE`);
    const text = `SELECT FROM users JOIN user_roles ON user_id = users.id JOIN roles ON roles.id = role_id
      WHERE name = 'admin' AND active AND users.id <> $1 LIMIT 1`;
    const others = await this.connections.query('users.admins.others', text, [id]);
    if (others.length === 0) throw new ServiceError('last-admin', 'The tenant would be left without an active admin.');
  }

  private async replaceRoles(user: User, roles: readonly Role[]): Promise<void> {
    await this.users.createQueryBuilder().relation('roles').of(user).addAndRemove(roles, user.roles);
  }
}
