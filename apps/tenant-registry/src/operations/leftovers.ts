import { DBOS } from '@dbos-inc/dbos-sdk';
import { Inject, Injectable } from '@nestjs/common';
import { LOG, type Log } from '@tenantry/service-kit';
import { OperationRunner } from './operation-runner.js';
import { type OperationRow, OperationsRepository } from './operations.repository.js';

/** States of a workflow in which the engine will do something more for it. */
const goesOn: ReadonlySet<string> = new Set(['PENDING', 'ENQUEUED', 'DELAYED']);

/**
 * Operations that have not ended though their workflow has: it met what it does not know (steps that another build has changed), or could
 * not say how it ended. Nobody would come back to them, and their tenant could never be changed again.
 */
@Injectable()
export class Leftovers {
  private readonly inHand = new Set<string>();
  private readonly told = new Set<string>();

  constructor(
    private readonly operations: OperationsRepository,
    private readonly runner: OperationRunner,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** Begins to bring each of them to its end. Several processes at once are no harm: see `TenantCluster`. */
  async look(): Promise<void> {
    const open = (await this.operations.underWay()).filter(({ operationId }) => !this.inHand.has(operationId));
    if (open.length === 0) return;
    const workflowIDs = open.map(({ operationId }) => operationId);
    const workflows = await DBOS.listWorkflows({ workflowIDs, loadInput: false, loadOutput: false });
    const statuses = new Map(workflows.map(({ workflowID, status }) => [workflowID, status]));
    for (const operation of open) {
      const { operationId } = operation;
      const status = statuses.get(operationId) ?? 'LOST';
      if (goesOn.has(status)) continue;
      this.inHand.add(operationId);
      // Nobody waits for it, not even who leaves: it may take as long as credentials overlap, and another process goes on with it.
      void this.conclude(operation, status).finally(() => this.inHand.delete(operationId));
    }
  }

  private async conclude(operation: OperationRow, status: string): Promise<void> {
    const { operationId, kind, tenantId } = operation;
    const about = { operationId, kind, tenantId, status };
    try {
      // Both may have ended between the two questions.
      if (!(await this.operations.isUnderWay(operationId))) return;
      if (!this.told.has(operationId)) this.log.error(about, 'ALARM: an operation was left by its workflow');
      this.told.add(operationId);
      await this.runner.conclude(operation);
      this.log.info(about, 'an operation that was left has ended');
      this.told.delete(operationId);
    } catch (err) {
      // The next beat tries again.
      this.log.warn({ err, ...about }, 'an operation that was left could not be ended yet');
    }
  }
}
