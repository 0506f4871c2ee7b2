import untypedScalar from '@scalar/fastify-api-reference';
import type { FastifyInstance, FastifyPluginCallback } from 'fastify';
import { type Audience, openApiDocument } from './openapi.js';
import type { Route } from './routes.js';

export const apiVersion = '1.0.0';

/** Where each document is served. */
export const documentPaths = {
  tenants: '/openapi.json',
  platform: '/openapi-platform.json',
} as const satisfies Record<Audience, string>;

/** The one page for people: its script is our own, and its styles are inline. */
const policy =
  "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

// Its own types look for fastify where the workspace has none.
const scalar = untypedScalar as FastifyPluginCallback<{ routePrefix: string; configuration: object }>;

const sources = [
  { title: 'Tenants', slug: 'tenants', url: documentPaths.tenants, default: true },
  { title: 'Platform', slug: 'platform', url: documentPaths.platform },
];

/** Serves the documents, and at /docs a page to read and try them. */
export async function addDocs(server: FastifyInstance, routes: readonly Route[]): Promise<void> {
  for (const audience of ['tenants', 'platform'] as const) {
    // Written once: it is the same for everybody until the next start.
    const document = JSON.stringify(openApiDocument(routes, audience, apiVersion));
    server.get(documentPaths[audience], (_request, reply) =>
      reply.type('application/json; charset=utf-8').send(document),
    );
  }
  await server.register(async (page) => {
    page.addHook('onSend', (_request, reply, payload, done) => {
      reply.header('content-security-policy', policy);
      done(null, payload);
    });
    await page.register(scalar, { routePrefix: '/docs', configuration: { sources, telemetry: false } });
  });
}
