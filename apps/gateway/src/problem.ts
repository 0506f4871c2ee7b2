import { STATUS_CODES } from 'node:http';
import type { ErrorCode, Problem } from '@tenantry/contracts';
import { type RawReply, ServiceError } from '@tenantry/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bearerOf } from './callers/bearer.js';
import { standingHeaders } from './server/security-headers.js';

export const problemType = 'application/problem+json';

/** Errors of the HTTP server itself, in our terms; a status that is not here is a defect of ours. */
const errorOfStatus: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  400: ['bad-request', 'The request line, a header or the length of the body is not as HTTP has it.'],
  404: ['not-found', 'There is no such route.'],
  405: ['method-not-allowed', 'The route has no such method.'],
  408: ['bad-request', 'The request did not arrive in time.'],
  413: ['payload-too-large', 'Send at most 1 MB.'],
  414: ['headers-too-large', 'A part of the path is too long.'],
  415: ['unsupported-media-type', 'Send the body as application/json.'],
  431: ['headers-too-large', 'Send at most 16 KB of request line and headers.'],
};

interface HttpError {
  readonly status?: unknown;
  readonly statusCode?: unknown;
}

/** Anything that was thrown on the way, as an error of the catalogue. Texts of libraries stay inside: they may name what is ours. */
export function asProblemError(thrown: unknown): ServiceError {
  if (thrown instanceof ServiceError) return thrown;
  const { status, statusCode } = (thrown ?? {}) as HttpError;
  const [code, detail] = errorOfStatus[Number(statusCode ?? status)] ?? [];
  return code && detail
    ? new ServiceError(code, detail, { cause: thrown })
    : new ServiceError('internal', 'The request failed for a reason of ours.', { cause: thrown });
}

/** The members only the edge knows (RFC 9457, 3.1). */
const complete = (problem: Problem, instance: string, requestId: string): string =>
  JSON.stringify({ ...problem, code: undefined, instance, requestId });

const challenge = 'Bearer realm="tenantry"';
const ofTokens: readonly ErrorCode[] = ['unauthenticated', 'token-expired', 'token-revoked'];

/** Who sent a token is told that it is the token; who sent none is told nothing of it (RFC 6750, 3). */
const challengeTo = ({ headers }: FastifyRequest, code: ErrorCode): string =>
  ofTokens.includes(code) && bearerOf(headers) !== undefined ? `${challenge}, error="invalid_token"` : challenge;

/** What a PATCH may be sent as (RFC 5789, 3.1). */
export const acceptPatch = 'application/merge-patch+json, application/json';

/** Answers with a problem document. */
export function sendProblem(error: ServiceError, request: FastifyRequest, reply: FastifyReply): void {
  if (error.status === 401) reply.header('www-authenticate', challengeTo(request, error.code));
  if (error.status === 415 && request.method === 'PATCH') reply.header('accept-patch', acceptPatch);
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', String(error.retryAfterSeconds));
  void reply
    .code(error.status)
    .type(problemType)
    .send(complete(error.toProblem(), pathOf(request), request.id));
}

/** What a failed reply says. */
export const problemIn = ({ body }: Pick<RawReply, 'body'>): Problem =>
  JSON.parse(Buffer.from(body).toString()) as Problem;

/** The same for a problem that a service has answered. */
export function sendProblemBytes(answer: RawReply, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemIn(answer);
  if (answer.status === 401) reply.header('www-authenticate', challengeTo(request, problem.code));
  if (answer.retryAfterSeconds !== undefined) reply.header('retry-after', answer.retryAfterSeconds);
  void reply
    .code(answer.status)
    .type(problemType)
    .send(complete(problem, pathOf(request), request.id));
}

/** Of a request in absolute form (RFC 9112, 3.2.2): whatever host it names, the answer is ours. */
const origin = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/** The path alone: a query may hold what should not be repeated. */
export const pathOf = ({ url }: Pick<FastifyRequest, 'url'>): string => url.replace(origin, '').split('?', 1)[0] || '/';

/** What the routes have between them: a target that is no path has no methods of its own. */
export const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE';

/** A problem for a request that comes to no route, whole in itself. */
export function bareProblem(status: 400 | 405 | 408 | 431, requestId: string) {
  const error = asProblemError({ statusCode: status });
  const body = complete(error.toProblem(), '/', requestId);
  const headers: Readonly<Record<string, string>> = {
    'Content-Type': problemType,
    'Content-Length': String(Buffer.byteLength(body)),
    'X-Request-Id': requestId,
    ...standingHeaders,
    ...(error.status === 405 ? { Allow: methods } : {}),
  };
  return { status: error.status, headers, body };
}

/** The same for a client whose request could not even be read, written on its socket. */
export function problemOnSocket(...of: Parameters<typeof bareProblem>): string {
  const { status, headers, body } = bareProblem(...of);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, 'Connection: close', '', body].join('\r\n');
}
