/** One long action under way. */
export interface Job {
  readonly operationId: string;
  /** Null for an action on no single tenant. */
  readonly tenantId: string | null;
  /** Of the request that asked for it: stands in the log lines and events of its steps. */
  readonly requestId: string;
}

/** The job of an action on one tenant. */
export interface TenantJob extends Job {
  readonly tenantId: string;
}

/** A part of a long action. It may be run again after a crash, also beside itself, and then finds what it has done before. */
export interface Step<J extends Job = TenantJob> {
  readonly name: string;
  readonly work: (job: J) => Promise<void>;
  /** It cannot fail for good: it is tried until it is done. */
  readonly untilDone?: boolean;
  /** The last one, which ends the operation in the transaction of its own work: that is the record that it was done. */
  readonly isEnd?: boolean;
}

/** What takes too long for one request: steps in their order. */
export interface LongAction<J extends Job = TenantJob> {
  readonly kind: string;
  /** What is done in the transaction that decides on it, shown as its first step. */
  readonly opening?: string;
  readonly steps: readonly Step<J>[];
  /** Makes undone what has been done, when a step cannot be. */
  readonly undo?: Step<J>;
}

/** Where the container has the long actions of this service. */
export const LONG_ACTIONS = Symbol('LongActions');
