import { Inject, Injectable } from '@nestjs/common';
import {
  CONFIG,
  currentPrefix,
  type MasterKeys,
  masterKeysOf,
  newDataKey,
  openSecret,
  rewrapped,
  sealSecret,
  type SecretOwner,
} from '@tenantry/service-kit';
import type { RegistryConfig } from './config.js';

/** A tenant's password of its own database. */
export const databasePassword = (tenantId: string): SecretOwner => ({ owner: tenantId, field: 'db_password' });
/** What a tenant's first admin will log in with, until that admin is made. */
export const adminPassword = (tenantId: string): SecretOwner => ({ owner: tenantId, field: 'admin_password' });
/** The way in for who makes roles and databases on a cluster. */
export const provisionerUrl = (clusterId: string): SecretOwner => ({ owner: clusterId, field: 'provisioner_url' });

/** What the registry keeps sealed, each bound to whose and what it is. */
@Injectable()
export class Secrets {
  private readonly keys: MasterKeys;

  constructor(@Inject(CONFIG) config: Pick<RegistryConfig, 'MASTER_KEY' | 'MASTER_KEY_PREVIOUS'>) {
    this.keys = masterKeysOf(config);
  }

  /** A key of a tenant's own, for all that is sealed for it. */
  newKey(tenantId: string, version = 1): Promise<string> {
    return newDataKey(this.keys, tenantId, version);
  }

  /** @param key of the same owner; one of the secret's own unless given. */
  seal(plain: string, owner: SecretOwner, key?: string): Promise<string> {
    return sealSecret(plain, this.keys, owner, key);
  }

  /** @throws SecretUnreadable */
  open(sealed: string, owner: SecretOwner): Promise<string> {
    return openSecret(sealed, this.keys, owner);
  }

  /** What everything begins with that the present master key has wrapped. */
  get current(): string {
    return currentPrefix(this.keys);
  }

  /**
   * The same, wrapped with the present master key.
   * @throws SecretUnreadable
   */
  async rewrap(sealed: string, owner: SecretOwner): Promise<string> {
    return sealed.startsWith(this.current) ? sealed : rewrapped(sealed, this.keys, owner);
  }
}
