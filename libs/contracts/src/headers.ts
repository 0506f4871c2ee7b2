/** Headers of a NATS message (docs/architecture.md says what each is for). */
export const Headers = {
  tenantId: 'Tenant-Id',
  context: 'Context',
  requestId: 'Request-Id',
  traceparent: 'traceparent',
  /** Milliseconds left until nobody waits for the answer any more. */
  deadline: 'Deadline',
  idempotencyKey: 'Idempotency-Key',
  /** Of what changes something: the address it came from, as the gateway saw it. */
  clientAddress: 'Client-Address',
  /** With it: what the client says it is. Its own text, for people to read. */
  clientAgent: 'Client-Agent',
  /** Entity tags the client holds, as it sent them (RFC 9110, 13.1.1). */
  ifMatch: 'If-Match',
  /** Of what an operator does: why. Text in UTF-8, for the audit. */
  reason: 'Reason',
  /** Of a reply: its HTTP status. */
  status: 'Status',
  /** Of a reply: the id of what was made, for `Location`. */
  resourceId: 'Resource-Id',
  /** Of a page that is not the last: where the next one begins, for `Link`. */
  nextCursor: 'Next-Cursor',
  /** Of a reply: the entity tag of the thing answered (RFC 9110, 8.8.3). */
  etag: 'ETag',
  /** Of a reply: `true` where it is the first answer to this idempotency key, again. */
  replayed: 'Idempotency-Replayed',
  /** Of a failed reply: seconds until it is worth trying again. */
  retryAfter: 'Retry-After',
} as const;

/** From the edge to the answer, in milliseconds. Handed down as what is left, never set anew. */
export const requestDeadlineMs = 5000;
