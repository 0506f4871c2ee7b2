import { DBOS } from '@dbos-inc/dbos-sdk';
import { Inject, Injectable } from '@nestjs/common';
import type { Operation } from '@tenantry/contracts';
import { LONG_ACTIONS, type LongAction } from './long-action.js';
import { OperationRunner } from './operation-runner.js';
import { type Decision, type OperationRow, OperationsRepository } from './operations.repository.js';

type StepInfo = NonNullable<Awaited<ReturnType<typeof DBOS.listWorkflowSteps>>>[number];
type StepView = Operation['steps'][number];

const isoTime = (epochMs: number | undefined): string | null =>
  epochMs === undefined ? null : new Date(epochMs).toISOString();

const taken = ({ name, error, startedAtEpochMs, completedAtEpochMs }: StepInfo): StepView => ({
  name,
  state: error ? 'failed' : 'succeeded',
  startedAt: isoTime(startedAtEpochMs),
  endedAt: isoTime(completedAtEpochMs),
  // The cause may name hosts and statements: it stands in the log only.
  ...(error ? { error: `${name} failed; the registry's log has the cause` } : {}),
});

/** The last one, which has ended the operation: begun when the one before it was done. */
const ended = (name: string, { begunAt, endedAt }: OperationRow, recorded: StepInfo[]): StepView => {
  const before = Math.max(...recorded.filter((step) => step.name !== name).map((step) => step.completedAtEpochMs ?? 0));
  const startedAt = before > 0 ? new Date(before) : begunAt;
  return {
    name,
    state: 'succeeded',
    startedAt: startedAt?.toISOString() ?? null,
    endedAt: endedAt?.toISOString() ?? null,
  };
};

const ahead = (name: string, state: StepView['state']): StepView => ({ name, state, startedAt: null, endedAt: null });

/** Long actions and how far they are. */
@Injectable()
export class OperationsService {
  constructor(
    private readonly operations: OperationsRepository,
    private readonly runner: OperationRunner,
    @Inject(LONG_ACTIONS) private readonly actions: readonly LongAction[],
  ) {}

  /** @throws ServiceError `not-found` */
  async get(id: string): Promise<Operation> {
    return this.view(await this.operations.get(id));
  }

  /**
   * Decides on one that nothing else is decided with.
   * @throws ServiceError `conflict`
   */
  decide(decision: Decision): Promise<OperationRow> {
    return this.operations.decide(undefined, decision);
  }

  /** Starts what is due, and says how far it is. */
  async begin(decided: OperationRow): Promise<Operation> {
    if (decided.dueAt <= new Date()) await this.runner.start(decided);
    return this.get(decided.operationId);
  }

  private async view(row: OperationRow): Promise<Operation> {
    const { operationId: id, kind, tenantId, dueAt, begunAt, outcome } = row;
    const recorded = begunAt ? ((await DBOS.listWorkflowSteps(id)) ?? []) : [];
    const isAhead = !begunAt && dueAt > new Date();
    return {
      ...{ id, kind, tenantId },
      state: outcome ?? (isAhead ? 'scheduled' : 'running'),
      dueAt: dueAt.toISOString(),
      steps: this.stepsOf(row, recorded, isAhead),
    };
  }

  /** In the order of the action: what is recorded, what is under way, what is still to come. */
  private stepsOf(row: OperationRow, recorded: StepInfo[], isAhead: boolean): StepView[] {
    const { kind, createdAt, outcome } = row;
    const action = this.actions.find((one) => one.kind === kind);
    const planned = action?.steps.map(({ name }) => name) ?? [];
    const decidedAt = createdAt.toISOString();
    const opening: StepView[] = action?.opening
      ? [{ name: action.opening, state: 'succeeded', startedAt: decidedAt, endedAt: decidedAt }]
      : [];
    const done = new Map(recorded.map((step) => [step.name, taken(step)]));
    const last = action?.steps.at(-1);
    if (last?.isEnd && outcome === 'succeeded') done.set(last.name, ended(last.name, row, recorded));
    const hasFailed = planned.some((name) => done.get(name)?.state === 'failed');
    const [current] = outcome || hasFailed || isAhead ? [] : planned.filter((name) => !done.has(name));
    const steps = planned.map(
      (name) =>
        done.get(name) ??
        ahead(name, name === current ? 'running' : outcome === 'failed' || hasFailed ? 'skipped' : 'pending'),
    );
    // What makes undone comes last, and only where it was needed.
    const undoing = recorded.filter(({ name }) => name === action?.undo?.name).map(taken);
    if (undoing.length === 0 && hasFailed && !outcome && action?.undo) undoing.push(ahead(action.undo.name, 'running'));
    return [...opening, ...steps, ...undoing];
  }
}
