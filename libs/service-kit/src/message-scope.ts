import type { Message, TenantState } from '@tenantry/contracts';

/** A message about to be worked on inside a tenant. */
export interface ScopedMessage {
  readonly tenantId: string;
  /** On the clock of `performance.now()`, in milliseconds. */
  readonly deadlineAt: number;
  /** States of the tenant in which this message is served. */
  readonly states: readonly TenantState[];
  readonly subject: string;
}

/** What a message runs inside of: the tenant-connection library provides one, which holds the tenant's lease meanwhile. */
export abstract class MessageScope {
  abstract run<Result>(message: ScopedMessage, work: () => Promise<Result>): Promise<Result>;
}

/** Sees each message outside every tenant from beginning to end, once its caller may ask it and its request is valid. */
export abstract class MessageWitness {
  /** Does `work` and returns or raises what it does. */
  abstract around<Result>(message: Message, request: unknown, work: () => Promise<Result>): Promise<Result>;
}
