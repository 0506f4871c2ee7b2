import { DBOS, Error as DBOSErrors } from '@dbos-inc/dbos-sdk';
import { Inject, Injectable } from '@nestjs/common';
import { asServiceError, LOG, type Log, type RequestContext, withRequest } from '@tenantry/service-kit';
import { type Job, LONG_ACTIONS, type LongAction, type Step, type TenantJob } from './long-action.js';
import { type OperationRow, OperationsRepository } from './operations.repository.js';

/** Clusters restart and brokers blink: a step is tried again for about 15 s before everything is undone. */
const forAWhile = { intervalSeconds: 0.5, backoffRate: 2, maxAttempts: 6 };
/** What has to be done is tried for days. */
const untilDone = { intervalSeconds: 2, backoffRate: 1, maxAttempts: 100_000 };
/** What a step may wait for the answers of other services. */
const askWithinMs = 5000;
/** What a service refuses on its merits it will refuse again; that it does not know us or the tenant yet will pass. */
const mayPass = (error: unknown): boolean => ![400, 409, 422].includes(asServiceError(error).status);

/** Another process goes on with this. */
const isOfTheEngine = (error: unknown): boolean =>
  error instanceof DBOSErrors.DBOSWorkflowConflictError || error instanceof DBOSErrors.DBOSWorkflowCancelledError;

/** Whether a step was given up: recorded, so that nothing is undone because this process leaves or has lost the database. */
const hasFailed = async ({ operationId }: Job): Promise<boolean> =>
  ((await DBOS.listWorkflowSteps(operationId)) ?? []).some(({ error }) => error !== null);

/** A step is no longer part of the request that asked for it: that one may be answered, and its time over. */
const requestOf = ({ requestId }: Job): RequestContext => ({
  requestId,
  traceparent: undefined,
  caller: { subject: 'system:tenant-registry', userId: null, tenantId: null, session: null, permissions: [] },
  deadlineAt: performance.now() + askWithinMs,
});

/**
 * Runs long actions as durable workflows (DBOS, on the registry's own database): the result of each step is recorded, so that whoever goes
 * on after a crash begins with the first one that has none. What cannot be finished is undone.
 *
 * The operation's row is written in the transaction that decides on it, and is the truth about whether it has ended; its workflow has the
 * same id and is started by whoever comes first (see `Takeover`), once.
 */
@Injectable()
export class OperationRunner {
  private readonly workflows: ReadonlyMap<string, (job: TenantJob) => Promise<void>>;

  constructor(
    private readonly operations: OperationsRepository,
    @Inject(LONG_ACTIONS) private readonly actions: readonly LongAction[],
    @Inject(LOG) private readonly log: Log,
  ) {
    this.workflows = new Map(
      actions.map((action) => [
        action.kind,
        DBOS.registerWorkflow((job: TenantJob) => this.run(action, job), { name: action.kind }),
      ]),
    );
  }

  /**
   * Starts it here unless somebody has. Where that cannot be, the next beat of any instance does it (see `Takeover`).
   * @returns what resolves when it has ended, one way or the other.
   */
  async start({ kind, operationId, tenantId, requestId }: OperationRow): Promise<{ ended: Promise<unknown> }> {
    const workflow = this.workflows.get(kind);
    if (!workflow) throw new TypeError(`nobody knows how to ${kind}`);
    const job = { operationId, tenantId, requestId } as TenantJob;
    try {
      const handle = await DBOS.startWorkflow(workflow, { workflowID: operationId })(job);
      await this.operations.begin(operationId);
      // How it ends is recorded with the operation: here only that it has ended matters.
      return { ended: handle.getResult().catch((err: unknown) => this.log.debug({ err, operationId }, 'it failed')) };
    } catch (err) {
      this.log.warn({ err, operationId }, 'an operation could not be started here');
      return { ended: new Promise(() => undefined) };
    }
  }

  /**
   * Ends one without its workflow: what has to be done is done from its beginning, since its steps find what they did before, and all else is
   * made undone.
   */
  async conclude({ kind, operationId, tenantId, requestId }: OperationRow): Promise<void> {
    const action = this.actions.find((one) => one.kind === kind);
    if (!action) throw new TypeError(`nobody knows how to ${kind}`);
    const { steps, undo } = action;
    const isForward = steps.every(({ untilDone }) => untilDone);
    const rest = isForward ? steps : undo ? [undo] : [];
    const job = { operationId, tenantId, requestId } as TenantJob;
    for (const { work } of rest) {
      // Another process may have ended it meanwhile.
      if (!(await this.operations.isUnderWay(operationId))) return;
      await withRequest(requestOf(job), () => work(job));
    }
    await this.operations.end(operationId, isForward ? 'succeeded' : 'failed');
  }

  private async run({ kind, steps, undo }: LongAction, job: TenantJob): Promise<void> {
    try {
      for (const step of steps) await (step.isEnd ? this.takeLast(step, job) : this.take(step, job));
    } catch (err) {
      if (isOfTheEngine(err) || !(await hasFailed(job))) throw err;
      // The last step was done, and only its repetition failed: somebody has changed the tenant since.
      if (!(await this.operations.isUnderWay(job.operationId))) return;
      this.log.error({ err, kind, ...job }, 'an operation failed; undoing it');
      if (undo) await this.take({ ...undo, untilDone: true }, job);
      await this.take(this.ending('failed'), job);
      throw new Error(`${kind} failed`, { cause: err });
    }
    if (!steps.at(-1)?.isEnd) await this.take(this.ending('succeeded'), job);
  }

  private ending(outcome: 'succeeded' | 'failed'): Step {
    return { name: 'end', untilDone: true, work: ({ operationId }) => this.operations.end(operationId, outcome) };
  }

  private take(step: Step, job: TenantJob): Promise<void> {
    const tries = step.untilDone ? untilDone : { ...forAWhile, shouldRetry: mayPass };
    return DBOS.runStep(() => this.work(step, job), { name: step.name, retriesAllowed: true, ...tries });
  }

  /**
   * What ends the operation itself needs no record of the engine's that it has: done again, it finds so. Where it fails it is a step like any
   * other, tried again or given up. One that was given up can then still be done by who goes on, or be undone, and not both: what undoes it
   * takes it away first (see `CreateTenant`).
   */
  private async takeLast(step: Step, job: TenantJob): Promise<void> {
    try {
      await this.work(step, job);
    } catch (err) {
      this.log.debug({ err, step: step.name, ...job }, 'the last step has failed at first');
      await this.take(step, job);
    }
  }

  private async work({ name, work }: Step, job: TenantJob): Promise<void> {
    this.log.debug({ step: name, ...job }, 'a step begins');
    await withRequest(requestOf(job), () => work(job));
    this.log.debug({ step: name, ...job }, 'a step is done');
  }
}
