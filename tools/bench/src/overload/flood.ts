import { setTimeout as sleep } from 'node:timers/promises';
import { serveParent } from '../harness/parent.ts';
import { quantile } from '../harness/statistics.ts';
import { Caller } from './caller.ts';

/** What the parent asks for: requests at a pace, whether answers come or not; then, at once, at another. */
export interface Flood {
  readonly origin: string;
  readonly path: string;
  readonly token: string;
  readonly windowMs: number;
  /** One after the other on so many connections, where there is no pace. */
  readonly phases: readonly { readonly perSecond?: number; readonly connections: number; readonly seconds: number }[];
}

/** Of one phase, by when its requests were due. */
export interface FloodAnswer {
  readonly sent: number;
  /** Due, but there was no connection that did not still wait for its answer. */
  readonly unsent: number;
  readonly seconds: number;
  readonly statuses: Readonly<Record<number, number>>;
  readonly p99Ms: Readonly<Record<number, number>>;
  readonly slowestMs: number;
  /** The share answered 200 of what was due in each window of the phase. */
  readonly goodShares: readonly number[];
}

const clientAddresses = 200;
/** Fewer than wait to be accepted before the kernel lets one drop. */
const opensAtOnce = 100;
/** Clients are promised an answer by then. */
const answeredWithinMs = 6000;

/** Counts what becomes of one phase's requests. */
class Tally {
  private readonly windowMs: number;
  readonly startedAt = performance.now();
  readonly times: Record<number, number[]> = {};
  private readonly windows: { due: number; good: number }[] = [];
  sent = 0;
  unsent = 0;
  open = 0;

  constructor(windowMs: number) {
    this.windowMs = windowMs;
  }

  due(): { due: number; good: number } {
    return (this.windows[Math.floor((performance.now() - this.startedAt) / this.windowMs)] ??= { due: 0, good: 0 });
  }

  report(seconds: number): FloodAnswer {
    const entries = Object.entries(this.times);
    return {
      sent: this.sent,
      unsent: this.unsent,
      seconds,
      statuses: Object.fromEntries(entries.map(([status, times]) => [status, times.length])),
      p99Ms: Object.fromEntries(entries.map(([status, times]) => [status, quantile(times, 0.99)])),
      slowestMs: entries.flatMap(([, times]) => times).reduce((slowest, ms) => Math.max(slowest, ms), 0),
      goodShares: Array.from(this.windows, (window) => (window ? window.good / window.due : 1)),
    };
  }
}

async function run({ origin, path, token, windowMs, phases }: Flood): Promise<{ phases: FloodAnswer[] }> {
  const url = new URL(origin);
  const requests = Array.from(
    { length: clientAddresses },
    (_, address) =>
      `GET ${path} HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: Bearer ${token}\r\nX-Forwarded-For: 203.0.113.${address}\r\n\r\n`,
  );
  const callers: Caller[] = [];
  const idle: Caller[] = [];
  let next = 0;
  const send = (caller: Caller, tally: Tally, then: () => void): void => {
    const window = tally.due();
    const dueAt = performance.now();
    window.due++;
    tally.sent++;
    tally.open++;
    caller.ask(requests[next++ % requests.length]!, (status) => {
      tally.open--;
      (tally.times[status] ??= []).push(performance.now() - dueAt);
      if (status === 200) window.good++;
      then();
    });
  };
  /** As a proxy before it does, they have their connections before there is anything to ask. */
  const grow = async (connections: number): Promise<void> => {
    while (callers.length < connections) {
      const more = Array.from({ length: Math.min(opensAtOnce, connections - callers.length) }, () => new Caller(url));
      callers.push(...more);
      idle.push(...more);
      await Promise.all(more.map((caller) => caller.open()));
    }
  };
  const paced = async (tally: Tally, perSecond: number, endsAt: number): Promise<void> => {
    for (let due = 0; performance.now() < endsAt; await sleep(1)) {
      const target = ((performance.now() - tally.startedAt) * perSecond) / 1000;
      for (; due < target; due++) {
        const caller = idle.pop();
        if (caller) send(caller, tally, () => idle.push(caller));
        else {
          tally.unsent++;
          tally.due().due++;
        }
      }
    }
  };
  const inTurn = async (tally: Tally, connections: number, endsAt: number): Promise<void> => {
    const again = (caller: Caller): void => {
      if (performance.now() < endsAt) send(caller, tally, () => again(caller));
      else idle.push(caller);
    };
    for (let lane = 0; lane < connections; lane++) again(idle.pop()!);
    await sleep(endsAt - performance.now());
  };
  try {
    const tallies: { tally: Tally; seconds: number }[] = [];
    for (const { perSecond, connections, seconds } of phases) {
      await grow(connections);
      const tally = new Tally(windowMs);
      tallies.push({ tally, seconds });
      const endsAt = tally.startedAt + seconds * 1000;
      await (perSecond ? paced(tally, perSecond, endsAt) : inTurn(tally, connections, endsAt));
    }
    const isOver = (): boolean => tallies.every(({ tally }) => tally.open === 0);
    for (const late = performance.now() + answeredWithinMs; !isOver() && performance.now() < late;) await sleep(10);
    const open = tallies.reduce((sum, { tally }) => sum + tally.open, 0);
    if (open > 0) throw new Error(`${open} requests were not answered within ${answeredWithinMs} ms`);
    return { phases: tallies.map(({ tally, seconds }) => tally.report(seconds)) };
  } finally {
    for (const caller of callers) caller.close();
  }
}

serveParent(run);
