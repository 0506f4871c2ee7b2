/** Connection exceptions, no means left, an operator's intervention, failures of the system (classes 08, 53, 57, 58 of PostgreSQL's codes), the system's (`ECONNRESET`, not `ERR_...`, which are mistakes in code). */
const outageCodes = /^(?:08|53|57|58|25P03|E(?!RR_)[A-Z_]+$)/;
/** What pg says without a code: of a connection that was cut, of one that did not come in time, of an answer that did not. */
const outageWords =
  /connection (?:error|terminated)|was closed|no answer within|timeout exceeded when trying to connect|timeout expired|query read timeout/i;

/** What TypeORM says of a query whose connection was lost since the one before, or since it was taken from the pool. */
const lostBefore = /^QueryRunner(?:Provider)?AlreadyReleasedError$/;

/**
 * Whether a query failed for reasons that are not its own: the connection was cut or could not be had, the server is leaving or out of
 * means, or the statement took too long. A failure that ends the session (FATAL) is no statement's: a database that is gone or closed.
 */
export function isOutage(failure: unknown): boolean {
  if (typeof failure !== 'object' || failure === null) return false;
  const { code, severity } = failure as { code?: unknown; severity?: unknown };
  if (severity === 'FATAL') return true;
  if (typeof code === 'string') return outageCodes.test(code);
  return failure instanceof Error && (lostBefore.test(failure.name) || outageWords.test(failure.message));
}
