import untypedScalar from '@scalar/fastify-api-reference';
import type { FastifyInstance, FastifyPluginCallback } from 'fastify';
import { ServiceError } from '@tenantry/service-kit';
import { asProblemError, sendProblem } from '../problem.js';
import { type Audience, openApiDocument } from './openapi.js';
import { Packed } from './packed.js';
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

/** Without the page's own offers: each would ask, or lead to, a host of its maker's with what is read and tried here. */
const configuration = {
  pageTitle: 'Tenantry API',
  sources: [
    { title: 'Tenants', slug: 'tenants', url: documentPaths.tenants, default: true, agent: { disabled: true } },
    { title: 'Platform', slug: 'platform', url: documentPaths.platform, agent: { disabled: true } },
  ],
  telemetry: false,
  withDefaultFonts: false,
  showDeveloperTools: 'never',
  hideClientButton: true,
  mcp: { disabled: true },
  favicon: 'data:,',
};

/** They change with a release, and clients of before it may go by the old ones for so long. */
const keepDocumentSeconds = 300;
const keepScriptSeconds = 3600;
/** Five megabytes, which the page's plugin would send as they are each time. */
const scriptPath = '/docs/js/scalar.js';

/** Serves the documents, and at /docs a page to read and try them. */
export async function addDocs(server: FastifyInstance, routes: readonly Route[]): Promise<void> {
  await server.register(async (docs) => {
    // These are there before Nest's filter is, which turns every other error into an answer.
    docs.setErrorHandler((error, request, reply) => sendProblem(asProblemError(error), request, reply));
    for (const audience of ['tenants', 'platform'] as const) {
      const document = new Packed(JSON.stringify(openApiDocument(routes, audience, apiVersion)), keepDocumentSeconds);
      docs.get(documentPaths[audience], async (request, reply) => {
        reply.type('application/json; charset=utf-8');
        return reply.send(await document.answer(request, reply));
      });
    }
    await docs.register(addPage);
  });
}

async function addPage(page: FastifyInstance): Promise<void> {
  page.addHook('onRequest', ({ host }, _reply, done) => {
    // HTTP/1.0 need not name one.
    done(host ? undefined : new ServiceError('bad-request', 'Name a host: the page finds its way by it.'));
  });
  let script: Packed | undefined;
  page.addHook('onSend', async (request, reply, payload) => {
    reply.header('content-security-policy', policy);
    if (request.routeOptions.url !== scriptPath || reply.statusCode !== 200 || typeof payload !== 'string')
      return payload;
    script ??= new Packed(payload, keepScriptSeconds);
    return script.answer(request, reply);
  });
  await page.register(scalar, { routePrefix: '/docs', configuration });
}
