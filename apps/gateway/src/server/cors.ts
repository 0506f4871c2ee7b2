import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** What pages of the listed origins may send, and read beside the body. */
const cors = {
  maxAge: 600,
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  exposedHeaders: [
    ...['ETag', 'Location', 'Link', 'RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Request-Id'],
    ...['Idempotency-Replayed', 'WWW-Authenticate', 'Allow', 'Preference-Applied'],
  ],
};

/** Fetch standard, 4.8: what a browser asks beforehand says for which page, and by which method. */
const isPreflight = ({ headers }: FastifyRequest): boolean =>
  headers.origin !== undefined && headers['access-control-request-method'] !== undefined;

/** Lets pages of these origins ask and read. */
export function letPagesIn(app: NestFastifyApplication, server: FastifyInstance, origins: readonly string[]): void {
  // @fastify/cors takes every OPTIONS for its own, and answers one that is no preflight in a form of its own, or as if it were one.
  server.addHook('onRequest', (request, reply, done) => {
    if (request.method !== 'OPTIONS' || isPreflight(request)) done();
    else reply.callNotFound();
  });
  app.enableCors({ ...cors, origin: [...origins] });
}
