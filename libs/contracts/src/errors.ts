/**
 * Every error a client of Tenantry can see. `docs/errors.md`, the OpenAPI document and `GET /problems` are made from this
 * table, so a code that is not here cannot reach anyone.
 *
 * `retryAfterSeconds` is the default of the `Retry-After` header (RFC 9110, 10.2.3) for errors that pass by themselves.
 */
interface ErrorKind {
  readonly status: number;
  readonly title: string;
  readonly explanation: string;
  readonly retryAfterSeconds?: number;
}

const kinds = {
  'bad-request': {
    status: 400,
    title: 'Malformed request',
    explanation:
      'The request cannot be read: broken JSON, an unknown field, a value of the wrong type, a malformed id.',
  },
  'invalid-cursor': {
    status: 400,
    title: 'Invalid cursor',
    explanation:
      'The cursor was not issued for this list, these filters or this tenant, or was edited. Start the list anew.',
  },
  unauthenticated: {
    status: 401,
    title: 'Not authenticated',
    explanation:
      'No credentials were sent, or they are not valid here. Log in and send `Authorization: Bearer <token>`.',
  },
  'invalid-credentials': {
    status: 401,
    title: 'Invalid credentials',
    explanation: 'The e-mail or the password is wrong, or the account is disabled. All answer alike.',
  },
  'token-expired': {
    status: 401,
    title: 'Token expired',
    explanation: 'The token has passed its expiry. Refresh it, or log in again.',
  },
  'token-revoked': {
    status: 401,
    title: 'Token revoked',
    explanation:
      "The token's session has ended, or the access of its user has changed since. Refresh it; where that is refused too, log in again.",
  },
  'refresh-reused': {
    status: 401,
    title: 'Refresh token used twice',
    explanation:
      'This refresh token was used before. Whoever holds its successor may not be its owner, so its session has ended. Log in again.',
  },
  forbidden: {
    status: 403,
    title: 'Forbidden',
    explanation: 'The caller is known but lacks the permission this route needs.',
  },
  'tenant-mismatch': {
    status: 403,
    title: 'Tenant mismatch',
    explanation: 'The subdomain or the X-Tenant header names another tenant than the token.',
  },
  'tenant-suspended': {
    status: 403,
    title: 'Tenant suspended',
    explanation: 'The platform operator has suspended this tenant. Its data is kept.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    explanation: 'There is no such route or resource in this tenant.',
  },
  'tenant-not-found': {
    status: 404,
    title: 'Tenant not found',
    explanation: 'No tenant was named, or none with this name exists.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    explanation: 'The route exists, but not with this method. The Allow header lists those it has.',
  },
  conflict: {
    status: 409,
    title: 'Conflict',
    explanation: 'The request contradicts the present state of the resource.',
  },
  'email-taken': {
    status: 409,
    title: 'E-mail taken',
    explanation: 'Another user of this tenant has this e-mail address.',
  },
  'slug-taken': { status: 409, title: 'Slug taken', explanation: 'Another tenant has this slug.' },
  'cluster-full': {
    status: 409,
    title: 'No cluster has room',
    explanation: 'No open database cluster can take another tenant.',
  },
  'database-full': {
    status: 409,
    title: 'Database full',
    explanation:
      "The tenant's database has grown to the size that its plan gives: nothing can be added. What is there can be read, changed and deleted. A request that was done is refused, too, when it comes again with its Idempotency-Key: look whether what it makes is there.",
  },
  'last-admin': {
    status: 409,
    title: 'Last admin',
    explanation:
      'A tenant always has an active admin: this one can be neither demoted nor deactivated before there is another.',
  },
  'invalid-transition': {
    status: 409,
    title: 'Invalid transition',
    explanation: 'The tenant, or the run of migrations, cannot go from its present state to the one asked for.',
  },
  'run-in-progress': {
    status: 409,
    title: 'Run in progress',
    explanation: 'Another run of migrations has not ended yet: wait for it, or cancel it.',
  },
  'insufficient-stock': {
    status: 409,
    title: 'Insufficient stock',
    explanation: 'There is less in stock than was to be taken. Nothing was taken.',
  },
  'idempotency-in-progress': {
    status: 409,
    title: 'Idempotency key in progress',
    explanation: 'The first request with this Idempotency-Key is still being worked on. Send it again a little later.',
  },
  'precondition-failed': {
    status: 412,
    title: 'Precondition failed',
    explanation:
      'The resource is not in a version that If-Match names: somebody has changed it meanwhile. Read it again, then decide.',
  },
  'payload-too-large': {
    status: 413,
    title: 'Payload too large',
    explanation: 'The body is larger than 1 MB.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    explanation: 'Bodies are JSON: send `Content-Type: application/json`.',
  },
  validation: {
    status: 422,
    title: 'Validation failed',
    explanation: 'The request is well formed, but a field breaks a rule. `errors` lists each field with its rule.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'Idempotency key reused',
    explanation: 'This Idempotency-Key was used for another request within 24 hours. Take a new key for a new request.',
  },
  'precondition-required': {
    status: 428,
    title: 'Precondition required',
    explanation: 'Send If-Match with the ETag of the resource as you last read it (or `*` for any version).',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    explanation: 'A limit was reached. Retry-After says in how many seconds there is room again.',
    retryAfterSeconds: 1,
  },
  'headers-too-large': {
    status: 431,
    title: 'Header fields too large',
    explanation: 'The request line and headers together are larger than 16 KB.',
  },
  internal: {
    status: 500,
    title: 'Internal error',
    explanation: 'A defect of the service. Report it with the request id.',
  },
  'service-unavailable': {
    status: 503,
    title: 'Service unavailable',
    explanation: 'A part that this request needs does not answer. Nothing was done; try again.',
    retryAfterSeconds: 1,
  },
  'tenant-provisioning': {
    status: 503,
    title: 'Tenant being provisioned',
    explanation: 'The tenant exists but is not ready yet.',
    retryAfterSeconds: 2,
  },
  'tenant-maintenance': {
    status: 503,
    title: 'Tenant in maintenance',
    explanation: 'The tenant is closed for a short while, for maintenance or a migration.',
    retryAfterSeconds: 30,
  },
  'tenant-database-unavailable': {
    status: 503,
    title: 'Tenant database unavailable',
    explanation: "The tenant's database cannot be reached at the moment.",
    retryAfterSeconds: 5,
  },
  overloaded: {
    status: 503,
    title: 'Overloaded',
    explanation: 'The service has more work in hand than it can do in time. Nothing was done; try again.',
    retryAfterSeconds: 1,
  },
  'deadline-exceeded': {
    status: 504,
    title: 'Deadline exceeded',
    explanation: 'No answer came within 5 seconds. A write may or may not have been done.',
  },
} as const satisfies Record<string, ErrorKind>;

/** A code of the catalogue. It is stable: clients may branch on it. */
export type ErrorCode = keyof typeof kinds;

/** The catalogue: what each code means. Keys are {@link ErrorCode}, in order of their status. */
export const ErrorCatalogue: Readonly<Record<ErrorCode, ErrorKind>> = kinds;

/** One field that was refused. `pointer` is a JSON pointer (RFC 6901) into the body, or `/name` of a query parameter. */
export interface FieldError {
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

/** The body of every answer that is not a success (RFC 9457), and of every failed NATS reply. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly errors?: readonly FieldError[];
}

/** Whether `code` stands in the catalogue: replies of services in other languages are not trusted to. */
export const isErrorCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(kinds, code);

/** The problem document of one error, without the fields that only the edge knows (`instance`, `requestId`). */
export function problemOf(code: ErrorCode, detail: string, errors?: readonly FieldError[]): Problem {
  const { status, title } = ErrorCatalogue[code];
  return { type: `/problems/${code}`, title, status, detail, code, ...(errors?.length ? { errors } : {}) };
}
