import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '@tenantry/testing';

/** Requests at a steady rate, however long each takes, until they are stopped. */
export class Steady {
  readonly answers: Answer[] = [];
  private readonly sent: Promise<unknown>[] = [];
  private readonly over: Promise<void>;
  private isOver = false;

  constructor(ask: () => Promise<Answer>, perSecond: number) {
    this.over = this.run(ask, perSecond);
  }

  /** Every answer, in the order in which they came. A request without one is an answer with status 0. */
  async stop(): Promise<readonly Answer[]> {
    this.isOver = true;
    await this.over;
    await Promise.all(this.sent);
    return this.answers;
  }

  private async run(ask: () => Promise<Answer>, perSecond: number): Promise<void> {
    const begunAt = performance.now();
    while (!this.isOver) {
      const due = ((performance.now() - begunAt) / 1000) * perSecond;
      while (this.sent.length < due) this.sent.push(this.one(ask));
      await sleep(5);
    }
  }

  private async one(ask: () => Promise<Answer>): Promise<void> {
    const none = (error: Error): Answer => ({ status: 0, headers: {}, text: String(error), body: {}, tookMs: 0 });
    this.answers.push(await ask().catch(none));
  }
}
