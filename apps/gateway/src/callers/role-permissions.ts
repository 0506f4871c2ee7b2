import { Inject, Injectable } from '@nestjs/common';
import { type ReplyOf, Roles } from '@tenantry/contracts';
import { Messages } from '@tenantry/service-kit';
import { LRUCache } from 'lru-cache';
import { lookUpMs } from '../call.js';
import { Revocations } from './revocations.js';

/** The roles of one tenant as of one version. */
interface TenantRoles {
  readonly version: number;
  readonly permissions: ReadonlyMap<string, readonly string[]>;
  /** What each set of roles permits, found out once, so that an unchanged answer is the same array. */
  readonly ofSets: Map<string, readonly string[]>;
}

const maxTenants = 20_000;
/** Sets of one tenant's roles that are known: its people have few, but a tenant may make up as many as it likes. */
const maxSets = 1000;
/** A tenant whose roles change faster than they can be read is given up, this time. */
const maxTries = 3;

/**
 * What each tenant's roles permit: asked of users once, and known until auth says that it has changed.
 *
 * Invariant: nothing older than the last change that was heard is kept or given out.
 */
@Injectable()
export class RolePermissions {
  private readonly known = new LRUCache<string, TenantRoles>({ max: maxTenants });
  private readonly asking = new Map<string, Promise<TenantRoles>>();
  /** Of tenants being asked for: what the answer must not be older than. */
  private readonly wanted = new Map<string, number>();

  constructor(
    @Inject(Messages) private readonly messages: Messages,
    revocations: Revocations,
  ) {
    revocations.onRoles((changed) => {
      if (changed === 'all') {
        this.known.clear();
        return;
      }
      const { tenantId, version } = changed;
      const known = this.known.peek(tenantId);
      if (known && known.version < version) this.known.delete(tenantId);
      if (this.asking.has(tenantId)) this.wanted.set(tenantId, Math.max(version, this.wanted.get(tenantId) ?? 0));
    });
  }

  /** What these roles permit together. A role that is gone permits nothing. Waits only for a tenant that is not known. */
  of(tenantId: string, roles: readonly string[]): readonly string[] | Promise<readonly string[]> {
    const known = this.known.get(tenantId);
    return known ? permissionsOf(known, roles) : this.load(tenantId).then((loaded) => permissionsOf(loaded, roles));
  }

  private load(tenantId: string): Promise<TenantRoles> {
    let asking = this.asking.get(tenantId);
    if (!asking) {
      asking = this.ask(tenantId).finally(() => {
        this.asking.delete(tenantId);
        this.wanted.delete(tenantId);
      });
      this.asking.set(tenantId, asking);
    }
    return asking;
  }

  private async ask(tenantId: string): Promise<TenantRoles> {
    for (let tries = 1; ; tries++) {
      const roles = readRoles(await this.messages.ask(Roles.permissions, {}, { tenantId, withinMs: lookUpMs }));
      const isNew = roles.version >= (this.wanted.get(tenantId) ?? 0);
      if (isNew) this.known.set(tenantId, roles);
      if (isNew || tries === maxTries) return roles;
    }
  }
}

const readRoles = ({ version, roles }: ReplyOf<typeof Roles.permissions>): TenantRoles => ({
  version,
  permissions: new Map(roles.map(({ name, permissions }) => [name, permissions])),
  ofSets: new Map(),
});

function permissionsOf({ permissions, ofSets }: TenantRoles, roles: readonly string[]): readonly string[] {
  const name = JSON.stringify(roles);
  let found = ofSets.get(name);
  if (!found) {
    found = Object.freeze([...new Set(roles.flatMap((role) => permissions.get(role) ?? []))]);
    if (ofSets.size >= maxSets) ofSets.clear();
    ofSets.set(name, found);
  }
  return found;
}
