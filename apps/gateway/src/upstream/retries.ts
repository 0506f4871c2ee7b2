import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from '@tenantry/contracts';
import { asServiceError, type RawReply } from '@tenantry/service-kit';
import { problemIn } from '../problem.js';

/** Tries of one request besides the first. */
const maxRetries = 2;
/** Of all requests, so many may be retries: more would be a storm upon a service that is down already. */
const retryShare = 0.2;
/** Retries that may be made before any share was earned, and the most that can be saved up. */
const savedRetries = 20;
const longestPauseMs = 100;

/**
 * The one place that tries again: reads, and writes under an idempotency key, whose service was away. Nothing that may have been done is
 * done twice, and nobody is asked again who has too much to do, or has said that it will take longer than we wait.
 */
export class Retries {
  #saved = savedRetries;

  /** Sends, and sends again where that can help, with full jitter in between. */
  async around(
    message: Message,
    deadlineAt: number,
    send: () => Promise<RawReply>,
    { isKeyed = false } = {},
  ): Promise<RawReply> {
    const isRepeatable = message.idempotent || isKeyed;
    this.#saved = Math.min(savedRetries, this.#saved + retryShare);
    for (let retry = 0; ; retry++) {
      const outcome = await send().catch((error: unknown) => asServiceError(error));
      const isOver = outcome instanceof Error ? outcome.code !== 'service-unavailable' : !mayPass(outcome);
      if (isOver || retry === maxRetries || !isRepeatable || !this.#take()) {
        if (outcome instanceof Error) throw outcome;
        return outcome;
      }
      const left = deadlineAt - performance.now();
      await sleep(Math.max(0, Math.min(Math.random() * longestPauseMs * (retry + 1), left)));
    }
  }

  #take(): boolean {
    if (this.#saved < 1) return false;
    this.#saved--;
    return true;
  }
}

/** Whether the next try may find it otherwise: an overload only grows by it, and what says to come back later is not over in a tenth of a second. */
const mayPass = (reply: RawReply): boolean =>
  reply.status === 503 && Number(reply.retryAfterSeconds ?? 0) <= 1 && problemIn(reply).code !== 'overloaded';
