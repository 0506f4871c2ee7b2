import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from './api.ts';
import type { Output } from './output.ts';
import { LiveSteps, type Step, StepLines, type Steps } from './steps.ts';

/** Each time it is asked for stands in the audit: less often the longer nothing happens. */
const askAfterMs = { first: 200, most: 2000, growth: 1.5 };

/** So long a gateway may be away, or without one behind it: what is watched for hours outlives restarts. */
const awayMs = 30_000;
const passing = new Set([0, 429, 502, 503, 504]);
/** There is none, or it is called otherwise. */
const unknown = new Set([400, 404]);

/** Something that goes on whether or not somebody watches it. */
export interface Watched<Thing> {
  readonly ask: () => Promise<Thing>;
  readonly stepsOf: (thing: Thing) => readonly Step[];
  readonly isOver: (thing: Thing) => boolean;
  /** What, when it changes, makes asking often worth while once more. */
  readonly newsOf: (thing: Thing) => string;
  /** How to watch it again. */
  readonly again: string;
  /** Milliseconds without an answer after which it is given up. */
  readonly awayMs?: number;
}

/**
 * Watches something to its end. Ctrl-C ends the watching alone.
 * @returns undefined when the watching was given up.
 * @throws ApiError when it cannot be watched any longer.
 */
export async function watch<Thing>(output: Output, watched: Watched<Thing>): Promise<Thing | undefined> {
  const detached = new AbortController();
  const detach = (): void => detached.abort();
  process.once('SIGINT', detach);
  const steps = output.isLive ? new LiveSteps() : new StepLines();
  try {
    const end = await toItsEnd(watched, steps, detached.signal).finally(() => steps.end());
    if (!end) output.progress(`It goes on. ${watched.again}`);
    return end;
  } finally {
    process.removeListener('SIGINT', detach);
  }
}

/** Shows each change until there are no more to come; undefined when `signal` ended it before. */
async function toItsEnd<Thing>(watched: Watched<Thing>, steps: Steps, signal: AbortSignal): Promise<Thing | undefined> {
  const { stepsOf, isOver, newsOf } = watched;
  let waitMs = askAfterMs.first;
  let answeredAt = performance.now();
  for (let seen: string | undefined; !signal.aborted;) {
    const thing = await askPatiently(watched, answeredAt);
    if (thing) {
      answeredAt = performance.now();
      steps.show(stepsOf(thing));
      if (isOver(thing)) return thing;
    }
    const news = thing && newsOf(thing);
    waitMs = news === seen ? Math.min(waitMs * askAfterMs.growth, askAfterMs.most) : askAfterMs.first;
    seen = news;
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

/** Undefined where nobody could answer just now. */
async function askPatiently<Thing>(
  { ask, again, awayMs: longestMs = awayMs }: Watched<Thing>,
  answeredAt: number,
): Promise<Thing | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ApiError) || unknown.has(error.status)) throw error;
    if (passing.has(error.status) && performance.now() - answeredAt < longestMs) return undefined;
    throw new ApiError(`${error.message}\nIt goes on. ${again}`, error.status);
  }
}
