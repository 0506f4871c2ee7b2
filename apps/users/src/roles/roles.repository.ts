import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { AuditAction } from '@tenantry/contracts';
import { preconditionFailed, ServiceError, wantedVersions } from '@tenantry/service-kit';
import { TenantConnections } from '@tenantry/tenant-connection';
import { In, MoreThan, QueryFailedError, type Repository } from 'typeorm';
import { Changes, type Say } from '../changes/changes.js';
import { Role } from './role.entity.js';

/** What of a role may be set. */
export type RoleFields = Pick<Role, 'name' | 'description' | 'permissions'>;

/** All roles of a tenant travel in one answer, so there is an end to them. */
const maxRoles = 200;

/** What the database refuses, by the constraint that did. */
const refusals: Readonly<Record<string, string>> = {
  roles_name_key: 'Another role has this name.',
  roles_name_folded: 'Another role has this name.',
  user_roles_role_id_fkey: 'There are people with this role.',
};

function refuseUnwanted(role: Role | null): void {
  if (role && wantedVersions(role.id)?.includes(role.version) === false) throw preconditionFailed();
}

/**
 * The roles of the caller's tenant. They change one after another, in the order of their set's version, and each change is told to other
 * services.
 */
@Injectable()
export class RolesRepository {
  constructor(
    @InjectRepository(Role) private readonly roles: Repository<Role>,
    private readonly connections: TenantConnections,
    private readonly changes: Changes,
  ) {}

  /** Oldest first, so the built-in ones; those younger than `after` only. */
  findPage(limit: number, after: string | undefined): Promise<Role[]> {
    const where = after === undefined ? {} : { id: MoreThan(after) };
    return this.roles.find({ where, order: { id: 'ASC' }, take: limit });
  }

  find(id: string): Promise<Role | null> {
    return this.roles.findOneBy({ id });
  }

  /** Those that exist, each once. */
  findByNames(names: readonly string[]): Promise<Role[]> {
    return this.roles.findBy({ name: In(names) });
  }

  /** All of them, as of one version of their set. */
  async findSet(): Promise<{ version: number; roles: Pick<Role, 'name' | 'permissions'>[] }> {
    const text = 'SELECT role_set.version, name, permissions FROM role_set, roles ORDER BY name';
    const rows = await this.connections.query<Role & { version: number }>('roles.set', text);
    return { version: rows[0]!.version, roles: rows.map(({ name, permissions }) => ({ name, permissions })) };
  }

  /** @throws ServiceError `conflict` for a name that is taken, or one role too many. */
  insert(fields: RoleFields): Promise<Role> {
    return this.inTurn(async (say) => {
      if ((await this.roles.count()) >= maxRoles) {
        throw new ServiceError('conflict', `A tenant has at most ${maxRoles} roles.`);
      }
      const role = await this.roles.save(this.roles.create(fields));
      await this.say(say, 'roles.created', role);
      return role;
    });
  }

  /**
   * Changes a role by what `decide` makes of it as it is now.
   * @returns the role as it is then, or null when there is none.
   * @throws ServiceError `precondition-failed`, `conflict` for a name that is taken, or a new one while people bear the old; whatever `decide` raises.
   */
  update(id: string, decide: (before: Role) => Partial<RoleFields>): Promise<Role | null> {
    return this.inTurn(async (say) => {
      const before = await this.find(id);
      refuseUnwanted(before);
      const change = before ? decide(before) : {};
      if (!before || Object.keys(change).length === 0) return before;
      await this.roles.update(id, { ...change, updatedAt: () => 'now()' });
      // Access tokens name roles. Asked after the update, which makes whoever gives the role to somebody wait.
      if (change.name !== undefined && (await this.isHeld(id))) {
        throw new ServiceError(
          'conflict',
          'There are people with this role: their tokens know it by its present name.',
        );
      }
      const after = (await this.find(id))!;
      await this.say(say, 'roles.changed', after);
      return after;
    });
  }

  /**
   * @returns whether there was one.
   * @throws ServiceError `precondition-failed`, `conflict` while there are people with it; whatever `check` raises.
   */
  delete(id: string, check: (role: Role) => void): Promise<boolean> {
    return this.inTurn(async (say) => {
      const role = await this.find(id);
      if (!role) return false;
      refuseUnwanted(role);
      check(role);
      await this.roles.delete(id);
      await this.say(say, 'roles.deleted', role);
      return true;
    });
  }

  /** Whoever else changes a role meanwhile waits. */
  private async inTurn<Result>(work: (say: Say) => Promise<Result>): Promise<Result> {
    try {
      return await this.changes.transaction(async (say) => {
        await this.connections.query('roles.turn', 'SELECT FROM role_set FOR UPDATE');
        return work(say);
      });
    } catch (cause) {
      const constraint = cause instanceof QueryFailedError && (cause.driverError as { constraint?: string }).constraint;
      const refusal = constraint ? refusals[constraint] : undefined;
      throw refusal ? new ServiceError('conflict', refusal, { cause }) : cause;
    }
  }

  /** Of a role that is new auth is told too: that there was none may be known by now. */
  private async say(say: Say, action: AuditAction, { id, name, permissions }: Role): Promise<void> {
    const text = 'UPDATE role_set SET version = version + 1 RETURNING version';
    const [set] = await this.connections.query<{ version: number }>('roles.changed', text);
    say.access({ kind: 'role', roleId: id, version: set!.version });
    await say.audit({ action, targetId: id, details: { name, permissions } });
  }

  private async isHeld(id: string): Promise<boolean> {
    const text = 'SELECT FROM user_roles WHERE role_id = $1 LIMIT 1';
    return (await this.connections.query('roles.held', text, [id])).length > 0;
  }
}
