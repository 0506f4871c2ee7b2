import { setTimeout as sleep } from 'node:timers/promises';

/** A burst is over when nothing of it has come for so long: so far apart a busy gateway reads requests that were sent together. */
const quietMs = 200;
/** Nobody waits longer than this, however many come. */
const patienceMs = 1000;

interface Burst {
  members: number;
  latestAt: number;
}

/** Requests for one thing that were sent together, told from one that was sent after the first of them was answered: none is answered before. */
export class Bursts {
  readonly #underWay = new Map<string, Burst>();

  /**
   * Does some work after the burst it belongs to is over.
   * @param key what the requests of one burst have in common.
   * @param arrivedAt when this one arrived, as `performance.now()` counts.
   * @param work is given what to wait for; whoever comes during all of it is of the same burst.
   */
  async join<Result>(
    key: string,
    arrivedAt: number,
    work: (over: () => Promise<void>) => Promise<Result>,
  ): Promise<Result> {
    const burst = this.#underWay.get(key) ?? { members: 0, latestAt: 0 };
    this.#underWay.set(key, burst);
    burst.members++;
    burst.latestAt = Math.max(burst.latestAt, arrivedAt);
    try {
      return await work(() => over(burst, arrivedAt + patienceMs));
    } finally {
      if (--burst.members === 0) this.#underWay.delete(key);
    }
  }
}

async function over(burst: Burst, atLatest: number): Promise<void> {
  for (;;) {
    const left = Math.min(burst.latestAt + quietMs, atLatest) - performance.now();
    if (left <= 0) return;
    await sleep(left);
  }
}
