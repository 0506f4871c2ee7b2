import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type { Answer } from '@tenantry/testing';
import { expectProblem } from '../stories/problem.js';

/** How long anybody waits for an answer, whatever has died. */
const answeredWithinMs = 6000;
/** Between one request of a wing and its next: faults are to be met, not a full load. */
const pauseMs = 20;
/** A flight nobody lands, since its story has failed, ends by itself. */
const longestMs = 100_000;

/** Requests that go on, some at a time, until they are told to land. */
export class Flight {
  readonly answers: Answer[] = [];
  /** Requests whose connection ended without an answer. */
  readonly unanswered: Error[] = [];
  private readonly endsAt = performance.now() + longestMs;
  private isOver = false;
  private readonly wings: Promise<void>[];

  constructor(ask: () => Promise<Answer>, wings: number) {
    this.wings = Array.from({ length: wings }, () => this.fly(ask));
  }

  /** Sends no more; resolves when all that was sent has ended. */
  async land(): Promise<this> {
    this.isOver = true;
    await Promise.all(this.wings);
    return this;
  }

  statuses(): Record<string, number> {
    return countBy(this.answers);
  }

  private async fly(ask: () => Promise<Answer>): Promise<void> {
    while (!this.isOver && performance.now() < this.endsAt) {
      await ask().then(
        (answer) => void this.answers.push(answer),
        (error: Error) => void this.unanswered.push(error),
      );
      await sleep(pauseMs);
    }
  }
}

/** How many there are of each status. What got no answer is counted by what was met instead. */
export function countBy(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, text } of answers) {
    const kind = status === 0 ? text : String(status);
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

/** Every request got an answer in time: what it asked for, or that a part is away. */
export function expectFairAnswers(answers: readonly Answer[]): void {
  expect(Math.max(0, ...answers.map(({ tookMs }) => tookMs))).toBeLessThan(answeredWithinMs);
  for (const answer of answers.filter(({ status }) => status >= 300)) {
    expect([503, 504]).toContain(answer.status);
    const code = String(answer.body['type']).replace('/problems/', '');
    expect(['service-unavailable', 'tenant-database-unavailable', 'overloaded', 'deadline-exceeded']).toContain(code);
    expectProblem(answer, code as 'service-unavailable');
  }
}

/** Resolves with how long it took until `isSo`; raises after `withinMs`, saying what was awaited. */
export async function until(what: string, withinMs: number, isSo: () => Promise<boolean> | boolean): Promise<number> {
  const begunAt = performance.now();
  for (;;) {
    const isNow = await Promise.resolve()
      .then(isSo)
      .catch(() => false);
    const tookMs = performance.now() - begunAt;
    if (isNow) return tookMs;
    if (tookMs > withinMs) throw new Error(`not so within ${withinMs} ms: ${what}`);
    await sleep(50);
  }
}
