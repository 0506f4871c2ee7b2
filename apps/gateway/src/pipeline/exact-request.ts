import { ServiceError } from '@tenantry/service-kit';
import type { FastifyRequest } from 'fastify';

/** Fields that mean one thing: sent twice, each reader on the way could believe another (RFC 9110, 5.3). */
const singular: ReadonlySet<string> = new Set([
  'authorization',
  'content-encoding',
  'content-type',
  'host',
  'idempotency-key',
  'origin',
  'x-request-id',
  'x-tenant',
]);

const maxHeaders = 100;
const maxParameters = 32;

const refuse = (detail: string): ServiceError => new ServiceError('bad-request', detail);

/** Origin form, spelled as the routes are: no other spelling finds its way to a route (RFC 9112, 3.2; RFC 3986, 6.2.2). */
function refuseTarget(url: string): ServiceError | undefined {
  if (url.charCodeAt(0) !== 47) return url === '*' ? undefined : refuse('Send the path alone, beginning with a slash.');
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  if (/[%#\\]/.test(path)) return refuse('The path is not spelled as its route is.');
  if (query < 0 || !url.includes('%', query)) return undefined;
  try {
    decodeURIComponent(url.slice(query));
  } catch {
    return refuse('The query is not percent-encoded UTF-8.');
  }
  return undefined;
}

function refuseHeaders(raw: readonly string[]): ServiceError | undefined {
  if (raw.length > 2 * maxHeaders) return new ServiceError('headers-too-large', `More than ${maxHeaders} headers.`);
  const seen = new Set<string>();
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    if (!singular.has(name)) continue;
    if (seen.has(name)) return refuse(`The header ${name} was sent more than once.`);
    seen.add(name);
  }
  return undefined;
}

/** How the body is sent: as it is, in one piece or in chunks (RFC 9112, 6.1). What is packed might unpack to anything. */
function refuseCoding({ headers, raw }: FastifyRequest): ServiceError | undefined {
  const transfer = headers['transfer-encoding'];
  if (transfer !== undefined && (transfer.toLowerCase() !== 'chunked' || raw.httpVersion === '1.0')) {
    return refuse('The only transfer coding taken is chunked.');
  }
  const content = headers['content-encoding'];
  return content === undefined || content.toLowerCase() === 'identity'
    ? undefined
    : new ServiceError('unsupported-media-type', 'Send the body as it is, without a Content-Encoding.');
}

/** The router takes nothing at all for a parameter: `/v1/products/` is not a product. */
function refuseEmptyParts(params: Record<string, unknown>): ServiceError | undefined {
  for (const name in params) {
    if (params[name] === '' && name !== '*') return new ServiceError('not-found', 'There is no such route.');
  }
  return undefined;
}

function refuseQuery(query: Record<string, unknown>): ServiceError | undefined {
  const names = Object.keys(query);
  if (names.length > maxParameters) return refuse(`More than ${maxParameters} parameters.`);
  const errors = names
    .filter((name) => Array.isArray(query[name]))
    .map((name) => ({ pointer: `/${name.slice(0, 200)}`, code: 'repeated', message: 'is given more than once' }));
  return errors.length === 0
    ? undefined
    : new ServiceError('bad-request', 'The query gives a parameter more than once.', { errors });
}

/** A name, an address, or an address of IPv6 in brackets, and perhaps a port. Names have no percent-encoding: nobody asks for such a one. */
const hostForm = /^(?:[\w.~!$&'()*+,;=-]+|\[[\da-f:.]+\])(?::\d*)?$/i;

/** RFC 9112, 3.2: what names no host is refused, whether or not anybody goes by it. */
function refuseHost({ headers, raw }: FastifyRequest): ServiceError | undefined {
  // HTTP/2 may name the host twice over (RFC 9113, 8.3.1).
  const authority = headers[':authority'];
  if (authority !== undefined && headers.host !== undefined && headers.host !== authority) {
    return refuse('The request names two hosts.');
  }
  const host = headers.host ?? authority;
  // Node would refuse it too, but in a form of its own.
  if (host === undefined) return raw.httpVersion === '1.1' ? refuse('The request has no Host header.') : undefined;
  // The form alone leaves addresses that are none, and ports beyond the last.
  return typeof host === 'string' && hostForm.test(host) && URL.canParse(`http://${host}`)
    ? undefined
    : refuse('The request names no host that there can be.');
}

/**
 * Why a request is not taken that could be read in more than one way, or undefined. Asked before anything else reads it, so that the
 * steps after it, and whatever stands before the gateway, see the same request.
 */
export function refusalOf(request: FastifyRequest): ServiceError | undefined {
  return (
    refuseHeaders(request.raw.rawHeaders) ??
    refuseHost(request) ??
    refuseTarget(request.raw.url ?? '') ??
    refuseCoding(request) ??
    refuseEmptyParts(request.params as Record<string, unknown>) ??
    refuseQuery(request.query as Record<string, unknown>)
  );
}
