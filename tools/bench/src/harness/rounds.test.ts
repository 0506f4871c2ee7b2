import { expect, test } from '@jest/globals';
import { interleave, type Arm } from './rounds.ts';

const plan = { rounds: 3, seconds: 1, warmUpSeconds: 0.5, report: () => undefined };

function armNamed(name: string, log: string[], requests = 10): Arm {
  const measure = async (seconds: number) => {
    log.push(`${name} ${seconds}`);
    return { requests, seconds };
  };
  return { name, processes: {}, measure };
}

test('arms warm up first and then take turns, the first of a round being the last of the one before', async () => {
  const log: string[] = [];
  const samples = await interleave([armNamed('a', log), armNamed('b', log, 20)], plan);
  expect(log).toEqual(['a 0.5', 'b 0.5', 'a 1', 'b 1', 'b 1', 'a 1', 'a 1', 'b 1']);
  expect(samples.map((arm) => arm.map(({ perSecond }) => perSecond))).toEqual([
    [10, 10, 10],
    [20, 20, 20],
  ]);
});

test('an arm that answered nothing ends the run', async () => {
  await expect(interleave([armNamed('a', [], 0)], plan)).rejects.toThrow('a answered nothing');
});
