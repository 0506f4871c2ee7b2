import type { IncomingMessage, ServerResponse } from 'node:http';
import { problemOf } from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';
import { requestIdOf } from '../pipeline/request-id.js';
import { pathOf, problemType } from '../problem.js';
import { standingHeaders } from './security-headers.js';

const detail = 'There is more to do than can be done in time.';

export const overloaded = (): ServiceError => new ServiceError('overloaded', detail);

const { status, ...problem } = problemOf('overloaded', detail);
/** All of the document that is the same for everybody, without its end. */
const beginning = JSON.stringify({ ...problem, status, code: undefined }).slice(0, -1);
const headers = Object.entries({
  ...standingHeaders,
  'content-type': problemType,
  'retry-after': String(overloaded().retryAfterSeconds),
}).flat();

/** The same answer without the pipeline: written once, but for the request's id and path. */
export function refuseOverload(request: IncomingMessage, response: ServerResponse): void {
  const requestId = requestIdOf(request);
  const instance = JSON.stringify(pathOf({ url: request.url ?? '/' }));
  const body = `${beginning},"instance":${instance},"requestId":"${requestId}"}`;
  const length = String(Buffer.byteLength(body));
  response.writeHead(status, [...headers, 'x-request-id', requestId, 'content-length', length]);
  response.end(body);
}
