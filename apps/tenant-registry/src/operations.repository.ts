import { Injectable } from '@nestjs/common';
import { DBOS } from '@dbos-inc/dbos-sdk';
import type { Operation } from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';
import type { ProvisioningOrder } from './provisioning/provisioning.workflow.js';

const states: Readonly<Record<string, Operation['state']>> = {
  PENDING: 'running',
  ENQUEUED: 'running',
  SUCCESS: 'succeeded',
};
/** What the workflow engine does for itself is no step of ours. */
const engineStep = /^DBOS\./;

const isoTime = (epochMs: number | undefined): string | null =>
  epochMs === undefined ? null : new Date(epochMs).toISOString();

/** Long actions and how far they are, as the workflow engine has recorded them. */
@Injectable()
export class OperationsRepository {
  /** @throws ServiceError `not-found` */
  async get(id: string): Promise<Operation> {
    const [workflow, steps = []] = await Promise.all([DBOS.getWorkflowStatus(id), DBOS.listWorkflowSteps(id)]);
    if (!workflow) throw new ServiceError('not-found', 'There is no such operation.');
    const [order] = workflow.input as [ProvisioningOrder];
    return {
      id,
      kind: workflow.workflowName,
      tenantId: order.id,
      state: states[workflow.status] ?? 'failed',
      steps: steps
        .filter(({ name }) => !engineStep.test(name))
        .map(({ name, error, startedAtEpochMs, completedAtEpochMs }) => ({
          name,
          state: error ? ('failed' as const) : ('succeeded' as const),
          startedAt: isoTime(startedAtEpochMs),
          endedAt: isoTime(completedAtEpochMs),
          // The cause may name hosts and statements: it stands in the log only.
          ...(error ? { error: `${name} failed; the registry's log has the cause` } : {}),
        })),
    };
  }
}
