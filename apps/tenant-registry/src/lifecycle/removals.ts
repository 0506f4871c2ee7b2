import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { TenantState } from '@tenantry/contracts';
import { CONFIG } from '@tenantry/service-kit';
import { DataSource, type EntityManager } from 'typeorm';
import type { RegistryConfig } from '../config.js';
import { type OperationRow, OperationsRepository } from '../operations/operations.repository.js';
import { deleteTenant } from './delete-tenant.js';
import { Transitions } from './transitions.js';

/** Decides on the end of tenants: archived at once, purged when there was time to regret it. */
@Injectable()
export class Removals {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly operations: OperationsRepository,
    private readonly transitions: Transitions,
    @Inject(CONFIG) private readonly config: RegistryConfig,
  ) {}

  /** @throws ServiceError `invalid-transition`, `conflict` while another operation of the tenant has not ended. */
  async decide(tenantId: string, state: TenantState, reason: string): Promise<OperationRow> {
    // Of a failed one there is nothing that could be kept. That it is still failed, the steps ask again.
    if (state === 'failed') return this.database.transaction((manager) => this.purge(manager, tenantId, reason, 0));
    let decided: OperationRow | undefined;
    const beside = async (manager: EntityManager): Promise<void> => {
      decided = await this.purge(manager, tenantId, reason, this.config.ARCHIVE_GRACE_SECONDS);
    };
    await this.transitions.move(tenantId, { to: 'archived', reason, beside });
    return decided!;
  }

  private purge(manager: EntityManager, tenantId: string, reason: string, delaySeconds: number): Promise<OperationRow> {
    return this.operations.decide(manager, { kind: deleteTenant, tenantId, reason, delaySeconds });
  }
}
