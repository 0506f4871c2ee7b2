import { DBOS } from '@dbos-inc/dbos-sdk';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createLog } from '@tenantry/service-kit';
import type { LongAction, Step } from './long-action.js';
import { OperationRunner } from './operation-runner.js';
import type { OperationRow, OperationsRepository } from './operations.repository.js';
import { OperationsService } from './operations.service.js';

const log = createLog({ service: 'tenant-registry', instance: 'test', level: 'silent' });
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
const row = {
  ...{ operationId: 'an-operation', kind: 'build', tenantId: 'a-tenant', requestId: 'a-request' },
  ...{ createdAt: at(1), dueAt: at(1), begunAt: at(2), endedAt: at(5), outcome: 'succeeded' as const },
} satisfies OperationRow;
let recorded: string[];
let done: string[];

/** An engine that records what it is given, and keeps nothing. */
beforeEach(() => {
  [recorded, done] = [[], []];
  jest.spyOn(DBOS, 'registerWorkflow').mockImplementation((work) => work);
  jest.spyOn(DBOS, 'startWorkflow').mockImplementation(
    (work) =>
      ((job: object) => {
        const ended = (work as unknown as (job: object) => Promise<void>)(job);
        return Promise.resolve({ getResult: () => ended });
      }) as never,
  );
  jest.spyOn(DBOS, 'runStep').mockImplementation((work, { name = '' } = {}) => {
    recorded.push(name);
    return work();
  });
});
afterEach(() => void jest.restoreAllMocks());

const step = (name: string, more: Partial<Step> = {}): Step => ({
  name,
  work: async () => void done.push(name),
  ...more,
});
const operations = {
  begin: async () => undefined,
  end: async () => void done.push('its end'),
  get: async () => row,
} as unknown as OperationsRepository;

async function run(steps: readonly Step[]): Promise<OperationsService> {
  const actions: readonly LongAction[] = [{ kind: 'build', steps }];
  const runner = new OperationRunner(operations, actions, log);
  await (
    await runner.start(row)
  ).ended;
  return new OperationsService(operations, runner, actions);
}

describe('the last step of a long action, where it ends the operation itself,', () => {
  it('is done without a record of the engine, which nobody needs', async () => {
    await run([step('walls'), step('roof', { isEnd: true })]);
    expect({ recorded, done }).toEqual({ recorded: ['walls'], done: ['walls', 'roof'] });
  });

  it('is a step like any other where it fails: tried again, and recorded', async () => {
    let tries = 0;
    const work = async (): Promise<void> => {
      if (++tries === 1) throw new Error('not yet');
      done.push('roof');
    };
    await run([step('walls'), step('roof', { isEnd: true, work })]);
    expect({ recorded, done }).toEqual({ recorded: ['walls', 'roof'], done: ['walls', 'roof'] });
  });

  it('is shown as done when the operation ended, and begun when the one before it was done', async () => {
    jest
      .spyOn(DBOS, 'listWorkflowSteps')
      .mockResolvedValue([
        { name: 'walls', startedAtEpochMs: at(3).getTime(), completedAtEpochMs: at(4).getTime(), error: null } as never,
      ]);
    const { steps } = await (await run([step('walls'), step('roof', { isEnd: true })])).get('an-operation');
    expect(steps.at(-1)).toEqual({
      ...{ name: 'roof', state: 'succeeded' },
      ...{ startedAt: at(4).toISOString(), endedAt: at(5).toISOString() },
    });
  });
});

it('a long action whose last step does not end it is ended by a step more', async () => {
  await run([step('walls'), step('roof')]);
  expect({ recorded, done }).toEqual({ recorded: ['walls', 'roof', 'end'], done: ['walls', 'roof', 'its end'] });
});
