import { ErrorCatalogue, type ErrorCode, type FieldError, problemOf, type Problem } from '@tenantry/contracts';

interface ServiceErrorOptions {
  readonly errors?: readonly FieldError[];
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/**
 * The one way in which a service says no. `detail` reaches the client: it must not hold SQL, hosts, names of databases, or
 * anything of another tenant; what only we may know goes into `cause`, which is logged and never sent.
 */
export class ServiceError extends Error {
  override readonly name: string = 'ServiceError';
  readonly errors: readonly FieldError[] | undefined;
  /** Seconds for `Retry-After`, where trying again can help. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: ErrorCode,
    detail: string,
    options: ServiceErrorOptions = {},
  ) {
    super(detail, 'cause' in options ? { cause: options.cause } : undefined);
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds ?? ErrorCatalogue[code].retryAfterSeconds;
  }

  get status(): number {
    return ErrorCatalogue[this.code].status;
  }

  toProblem(): Problem {
    return problemOf(this.code, this.message, this.errors);
  }
}

/** Anything that was thrown, as something that may be sent: what nobody foresaw is `internal`, with itself as the cause. */
export const asServiceError = (thrown: unknown): ServiceError =>
  thrown instanceof ServiceError
    ? thrown
    : new ServiceError('internal', 'The request failed for a reason of ours.', { cause: thrown });
