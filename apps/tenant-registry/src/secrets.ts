import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, openSecret, sealSecret, type SecretOwner } from '@tenantry/service-kit';
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
  constructor(@Inject(CONFIG) private readonly config: Pick<RegistryConfig, 'MASTER_KEY'>) {}

  seal(plain: string, owner: SecretOwner): string {
    return sealSecret(plain, this.config.MASTER_KEY, owner);
  }

  /** @throws SecretUnreadable */
  open(sealed: string, owner: SecretOwner): string {
    return openSecret(sealed, this.config.MASTER_KEY, owner);
  }
}
