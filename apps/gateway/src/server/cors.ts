import type { FastifyInstance, FastifyRequest } from 'fastify';
import { methods } from '../problem.js';

/** What pages of the listed origins may read beside the body. */
const exposed = [
  ...['ETag', 'Location', 'Link', 'RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Request-Id'],
  ...['Idempotency-Replayed', 'WWW-Authenticate', 'Allow', 'Preference-Applied'],
].join(', ');

/** For so many seconds a browser need not ask again. */
const maxAge = '600';

/** Fetch standard, 4.8: what a browser asks beforehand says for which page, and by which method. */
const isPreflight = ({ method, headers }: FastifyRequest): boolean =>
  method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;

/**
 * Lets pages of these origins ask and read, whichever step it is that answers: a page that may not read its refusal does not learn when to come
 * again. Not by @fastify/cors, which comes between the steps and takes every OPTIONS for its own, of routes that there are not as well.
 */
export function letPagesIn(server: FastifyInstance, origins: readonly string[]): void {
  server.addHook('onSend', ({ headers: { origin } }, reply, payload, done) => {
    if (origin !== undefined && origins.includes(origin)) {
      reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': exposed });
    }
    done(null, payload);
  });
  server.addHook('onRequest', (request, reply, done) => {
    if (!isPreflight(request)) {
      done();
      return;
    }
    const asked = request.headers['access-control-request-headers'];
    if (asked !== undefined) reply.header('access-control-allow-headers', asked);
    reply.headers({ 'access-control-allow-methods': methods, 'access-control-max-age': maxAge }).code(204).send();
  });
}
