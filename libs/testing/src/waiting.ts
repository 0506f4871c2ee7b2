import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

/**
 * What `work` resolves to; raises when it has not settled after `ms`. The clock is a timer of this same process, heard two turns of the
 * loop late: a machine that stands still makes both late and is not taken for work that is.
 */
export async function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  const over = new AbortController();
  const late = async (): Promise<never> => {
    await sleep(ms, undefined, { signal: over.signal });
    await turn();
    await turn();
    throw new Error(`not settled within ${ms} ms`);
  };
  const refused = late();
  refused.catch(() => undefined);
  try {
    return await Promise.race([work, refused]);
  } finally {
    over.abort();
  }
}

/**
 * Resolves with how many milliseconds it took until `isSo`, which is asked over and over, a failure being a no; raises after
 * `withinMs`, saying what was awaited and the last failure.
 */
export async function until(what: string, withinMs: number, isSo: () => Promise<boolean> | boolean): Promise<number> {
  const begunAt = performance.now();
  let cause: unknown;
  for (;;) {
    const isNow = await Promise.resolve()
      .then(isSo)
      .catch((failure: unknown) => void (cause = failure));
    const tookMs = performance.now() - begunAt;
    if (isNow) return tookMs;
    if (tookMs > withinMs) throw new Error(`not so within ${withinMs} ms: ${what}`, { cause });
    await sleep(20);
  }
}
