import type { KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  type AnswerOf,
  type ParsedRequestOf,
  type ReplyOf,
  type Role as RoleView,
  Roles,
  tenantPermissions,
} from '@tenantry/contracts';
import {
  type Caller,
  CONFIG,
  cursorKey,
  type CursorSecret,
  decodeCursor,
  encodeCursor,
  ServiceError,
} from '@tenantry/service-kit';
import type { Role } from './role.entity.js';
import { type RoleFields, RolesRepository } from './roles.repository.js';

const unknownRole = (): ServiceError => new ServiceError('not-found', 'There is no such role.');

/** Field by field, so that nothing leaves that the contract does not name. */
const toView = ({ id, name, description, permissions, builtIn }: Role): RoleView => ({
  ...{ id, name, description, permissions, builtIn },
});

type Answer = AnswerOf<typeof Roles.get>;
const toAnswer = (role: Role): Answer => ({ ...toView(role), version: role.version });

/** Each once, in the order of the contract, so that equal sets are written alike. */
const inOrder = (permissions: readonly string[]): string[] =>
  tenantPermissions.filter((permission) => permissions.includes(permission));

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** @throws ServiceError `forbidden` when some of `permissions` are not the caller's own to give. */
export function refuseBeyond(caller: Caller, permissions: readonly string[]): void {
  const beyond = permissions.find((one) => !caller.permissions.includes(one));
  if (beyond !== undefined) {
    throw new ServiceError('forbidden', `You cannot give the permission ${beyond}, which you do not have.`);
  }
}

function refuseBuiltIn({ builtIn, name }: Role): void {
  if (builtIn) throw new ServiceError('conflict', `The role '${name}' is built in: it stays as it is.`);
}

/** The rules of roles: built-in ones never change, and nobody gives a permission that they lack. */
@Injectable()
export class RolesService {
  readonly #cursorKey: KeyObject;

  constructor(
    private readonly roles: RolesRepository,
    @Inject(CONFIG) config: CursorSecret,
  ) {
    this.#cursorKey = cursorKey(config, 'roles');
  }

  /** @throws ServiceError `invalid-cursor` */
  async list(
    { limit, cursor }: ParsedRequestOf<typeof Roles.list>,
    { tenantId }: Caller,
  ): Promise<ReplyOf<typeof Roles.list>> {
    const binding = { tenantId, list: Roles.list.subject };
    const [after] = cursor === undefined ? [] : decodeCursor(this.#cursorKey, binding, cursor);
    const found = await this.roles.findPage(limit + 1, after);
    const data = found.slice(0, limit).map(toView);
    const last = found.length > limit ? data.at(-1) : undefined;
    return { data, nextCursor: last ? encodeCursor(this.#cursorKey, binding, [last.id]) : null };
  }

  /** @throws ServiceError `not-found` */
  async get(id: string): Promise<Answer> {
    const role = await this.roles.find(id);
    if (!role) throw unknownRole();
    return toAnswer(role);
  }

  /** @throws ServiceError `forbidden`, `conflict` */
  async create(request: ParsedRequestOf<typeof Roles.create>, caller: Caller): Promise<Answer> {
    refuseBeyond(caller, request.permissions);
    return toAnswer(await this.roles.insert({ ...request, permissions: inOrder(request.permissions) }));
  }

  /** @throws ServiceError `not-found`, `forbidden`, `conflict` */
  async update({ id, ...fields }: ParsedRequestOf<typeof Roles.update>, caller: Caller): Promise<Answer> {
    const given = fields.permissions ? { ...fields, permissions: inOrder(fields.permissions) } : fields;
    const role = await this.roles.update(id, (before) => {
      const changed = Object.entries(given).filter(
        ([name, value]) => value !== undefined && !isSame(value, before[name as keyof RoleFields]),
      );
      if (changed.length > 0) refuseBuiltIn(before);
      refuseBeyond(
        caller,
        (given.permissions ?? []).filter((one) => !before.permissions.includes(one)),
      );
      return Object.fromEntries(changed);
    });
    if (!role) throw unknownRole();
    return toAnswer(role);
  }

  /** @throws ServiceError `not-found`, `conflict` */
  async delete(id: string): Promise<null> {
    if (!(await this.roles.delete(id, refuseBuiltIn))) throw unknownRole();
    return null;
  }

  permissions(): Promise<ReplyOf<typeof Roles.permissions>> {
    return this.roles.findSet();
  }
}
