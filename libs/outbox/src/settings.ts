/** How the outbox behaves; the defaults are for production, tests change some. */
export interface OutboxSettings {
  /** From a commit to the visit it causes: commits meanwhile share the visit. */
  readonly coalesceMs: number;
  /** Databases of tenants visited at once by this process. */
  readonly visitsAtOnce: number;
  /** Events taken in one visit. */
  readonly batch: number;
  /** Until another look at an outbox that another instance is emptying. */
  readonly lockedRetryMs: number;
  readonly firstBackoffMs: number;
  readonly maxBackoffMs: number;
  /** How long JetStream may take to acknowledge one message. */
  readonly ackMs: number;
  /** How long a hint is relied on without being written anew. */
  readonly hintTrustMs: number;
  /** How long a hint stays after the last event, so that a busy tenant does not pay for a new one each time. */
  readonly hintLingerMs: number;
  /** From seeing a dead instance's hint until nothing can be committed under it any more: trust and the longest transaction. */
  readonly hintSettleMs: number;
  /** Between looks for hints of dead instances, and at a service's own central outbox. */
  readonly sweepMs: number;
  /** What a leaving process may take to tell the rest. */
  readonly leaveMs: number;
}

export const defaultSettings: OutboxSettings = {
  coalesceMs: 20,
  visitsAtOnce: 8,
  batch: 100,
  lockedRetryMs: 50,
  firstBackoffMs: 100,
  maxBackoffMs: 30_000,
  ackMs: 2000,
  hintTrustMs: 30_000,
  hintLingerMs: 10_000,
  hintSettleMs: 100_000,
  sweepMs: 5000,
  leaveMs: 5000,
};
