import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { serveParent } from '../harness/parent.ts';
import type { Measured } from '../harness/rounds.ts';
import { quantile } from '../harness/statistics.ts';

/** What the parent asks for: reads at a steady pace, whether the last answer has come or not. */
export interface ReadLoad {
  readonly origin: string;
  readonly path: string;
  readonly token: string;
  readonly perSecond: number;
  readonly seconds: number;
}

const clientAddresses = 200;
const connections = 32;

async function run({ origin, path, token, perSecond, seconds }: ReadLoad): Promise<Measured> {
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const timesUs: number[] = [];
  /** Timed from when it was due: a read that had to wait for its turn has waited. */
  const read = async (number: number, dueAt: number): Promise<void> => {
    const { statusCode, body } = await pool.request({
      path,
      method: 'GET',
      headers: { authorization: `Bearer ${token}`, 'x-forwarded-for': `203.0.113.${number % clientAddresses}` },
    });
    await body.dump();
    if (statusCode !== 200) throw new Error(`a read answered ${statusCode}`);
    timesUs.push((performance.now() - dueAt) * 1000);
  };
  try {
    const start = performance.now();
    const reads: Promise<void>[] = [];
    for (let number = 0; number < perSecond * seconds; number++) {
      const dueAt = start + (number * 1000) / perSecond;
      if (dueAt > performance.now()) await sleep(dueAt - performance.now());
      reads.push(read(number, dueAt));
    }
    await Promise.all(reads);
    return { requests: reads.length, seconds: (performance.now() - start) / 1000, p99Us: quantile(timesUs, 0.99) };
  } finally {
    await pool.destroy();
  }
}

serveParent(run);
