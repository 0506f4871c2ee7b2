import { expect, it } from '@jest/globals';
import { type ErrorCode, Usage } from '@tenantry/contracts';
import { createLog, type Messages, ServiceError } from '@tenantry/service-kit';
import { RequestCounts } from './request-counts.js';

/** Answers as the registry would, or fails with `failure`. */
function countsTold(): { counts: RequestCounts; told: object[]; fail: (code: ErrorCode | undefined) => void } {
  const told: object[] = [];
  let failure: ErrorCode | undefined;
  const ask = async (_message: unknown, { counts }: { counts: object[] }): Promise<null> => {
    if (failure) throw new ServiceError(failure, 'not now');
    Usage.count.request.parse({ counts });
    told.push(...counts);
    return null;
  };
  const log = createLog({ service: 'gateway', instance: 'test', level: 'silent' });
  const counts = new RequestCounts({ ask } as unknown as Pick<Messages, 'ask'>, log);
  return { counts, told, fail: (code) => void (failure = code) };
}

const idOf = (index: number): string => `0192f0c1-2b3c-7d4e-8f50-${String(index).padStart(12, '0')}`;

it('requests are told of by tenant, each once, in messages of a bounded size', async () => {
  const { counts, told } = countsTold();
  for (let round = 0; round < 2; round += 1) for (let index = 0; index < 2500; index += 1) counts.count(idOf(index));
  await counts.tell();
  expect(told).toHaveLength(2500);
  expect(told[0]).toEqual({ tenantId: idOf(0), requests: 2 });
  await counts.tell();
  expect(told).toHaveLength(2500);
});

it('what nobody heard is told again; what may have been heard is not', async () => {
  const { counts, told, fail } = countsTold();
  counts.count(idOf(1));
  fail('service-unavailable');
  await counts.tell();
  fail(undefined);
  counts.count(idOf(1));
  await counts.tell();
  expect(told).toEqual([{ tenantId: idOf(1), requests: 2 }]);
  counts.count(idOf(1));
  fail('deadline-exceeded');
  await counts.tell();
  fail(undefined);
  counts.count(idOf(2));
  await counts.onModuleDestroy();
  expect(told.slice(1)).toEqual([{ tenantId: idOf(2), requests: 1 }]);
});
