import { DBOS } from '@dbos-inc/dbos-sdk';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type CommonConfig, createLog } from '@tenantry/service-kit';
import { until, within } from '@tenantry/testing';
import type { RegistryConfig } from '../config.js';
import { createRegistryDatabase, type RegistryDatabase } from '../test/registry-database.js';
import { Leftovers } from './leftovers.js';
import type { OperationRunner } from './operation-runner.js';
import { type OperationRow, OperationsRepository } from './operations.repository.js';
import { Takeover } from './takeover.js';

const said: string[] = [];
const log = createLog(
  { service: 'tenant-registry', instance: 'test', level: 'info' },
  { write: (line: string) => void said.push(line) },
);
let registry: RegistryDatabase;
let operations: OperationsRepository;

beforeAll(async () => {
  registry = await createRegistryDatabase([]);
  operations = new OperationsRepository(registry.source);
});
afterEach(async () => {
  jest.restoreAllMocks();
  said.length = 0;
  await registry.source.query('DELETE FROM operations');
});
afterAll(() => registry?.drop());

/** One that was begun a while ago. */
async function begun(): Promise<OperationRow> {
  const operation = await operations.decide(undefined, { kind: 'rewrap-secrets', tenantId: null });
  await registry.source.query(`UPDATE operations SET begun_at = now() - interval '1 minute'`);
  return operation;
}

/** What the engine says of workflows, after `first`. */
const engineSays = (status: string, first: () => Promise<unknown> = async () => undefined) =>
  jest.spyOn(DBOS, 'listWorkflows').mockImplementation(async ({ workflowIDs = [] }) => {
    await first();
    return [workflowIDs].flat().map((workflowID) => ({ workflowID, status }) as never);
  });

function leftoversOf(conclude: OperationRunner['conclude']): { leftovers: Leftovers; runner: OperationRunner } {
  const runner = { conclude } as OperationRunner;
  return { leftovers: new Leftovers(operations, runner, log), runner };
}
const alarms = () => said.filter((line) => line.includes('ALARM'));

describe('an operation that has not ended', () => {
  it('though its workflow has is an alarm once, and is brought to its end again and again', async () => {
    await begun();
    engineSays('ERROR');
    let tries = 0;
    const { leftovers } = leftoversOf(async ({ operationId }) => {
      if (++tries < 3) throw new Error('not yet');
      await operations.end(operationId, 'succeeded');
    });
    await until('it has ended', 5000, async () => {
      await leftovers.look();
      return said.some((line) => line.includes('has ended'));
    });
    expect(tries).toBe(3);
    expect(alarms()).toHaveLength(1);
  });

  it('whose workflow goes on is left to it', async () => {
    await begun();
    engineSays('PENDING');
    const { leftovers } = leftoversOf(() => Promise.reject(new Error('nobody asks for it')));
    await leftovers.look();
    expect(said).toEqual([]);
  });

  it('and does so while its workflow is looked for is no alarm: both have ended', async () => {
    const { operationId } = await begun();
    engineSays('SUCCESS', () => operations.end(operationId, 'succeeded'));
    const { leftovers } = leftoversOf(() => Promise.reject(new Error('nobody asks for it')));
    const looked = jest.spyOn(operations, 'isUnderWay');
    await leftovers.look();
    await until('it is looked at again', 5000, () => looked.mock.results.length > 0);
    expect(await looked.mock.results[0]!.value).toBe(false);
    expect(said).toEqual([]);
  });
});

it('a process leaves without waiting for what it brings to its end: another one goes on with that', async () => {
  await begun();
  engineSays('ERROR');
  let isConcluding = false;
  const { leftovers, runner } = leftoversOf(() => {
    isConcluding = true;
    return new Promise(() => undefined);
  });
  const takeover = new Takeover(
    registry.source,
    operations,
    runner,
    leftovers,
    {} as RegistryConfig & CommonConfig,
    log,
  );
  await leftovers.look();
  await until('it is being concluded', 5000, () => isConcluding);
  await within(5000, takeover.beforeApplicationShutdown());
});
