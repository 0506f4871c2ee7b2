import { AsyncLocalStorage } from 'node:async_hooks';

/** Who asks, as the signed context says. */
export interface Caller {
  /** `user:<id>`, `operator:<id>`, `system:<service>` or `anonymous`. */
  readonly subject: string;
  /** The user's id, or null when the caller is no user. */
  readonly userId: string | null;
  readonly tenantId: string | null;
  readonly session: string | null;
  readonly permissions: readonly string[];
}

/** Where a change was asked from. */
export interface Client {
  /** As the gateway saw it, behind trusted proxies. */
  readonly address: string;
  /** What it says of itself: text from outside, for people to read. */
  readonly agent: string | undefined;
}

/** What is known about the request being worked on. */
export interface RequestContext {
  readonly requestId: string;
  readonly traceparent: string | undefined;
  readonly caller: Caller;
  /** When nobody waits for the answer any more, on the clock of `performance.now()`, in milliseconds. */
  readonly deadlineAt: number;
  /** Of what came from outside and is not only a read. */
  readonly client?: Client | undefined;
  /** The client's `If-Match`, as it was sent; see `wantedVersions`. */
  readonly ifMatch?: string | undefined;
  /** Where the contract takes one, and the client sent it: what it names is done once. */
  readonly idempotencyKey?: string | undefined;
  /** Why an operator does it, where they said so beside the request. */
  readonly reason?: string | undefined;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** The request being worked on, or undefined outside of one (start, timers, relays). */
export const currentRequest = (): RequestContext | undefined => storage.getStore();

/** Runs `work` as part of `request`: logs, asks and leases inside find it. */
export const withRequest = <Result>(request: RequestContext, work: () => Result): Result => storage.run(request, work);

/** The caller before anybody has said who it is. */
export const anonymous: Caller = Object.freeze({
  subject: 'anonymous',
  userId: null,
  tenantId: null,
  session: null,
  permissions: Object.freeze([]),
});
