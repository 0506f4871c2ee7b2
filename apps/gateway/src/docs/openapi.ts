import { createDocument, type ZodOpenApiObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { isPlatform } from '../route.js';
import { headerComponents } from './headers.js';
import { operationOf } from './operation.js';
import { problemExamples } from './problems.js';
import type { Route } from './routes.js';

/** The two doors: what people of tenants use, and what operators of the platform do. */
export type Audience = 'tenants' | 'platform';

const abouts = {
  tenants: {
    title: 'Tenantry',
    description:
      'What the people of a tenant and their programs use. The tenant is the one of the access token; before login it is named by `X-Tenant` or the subdomain. An `Idempotency-Key` is heeded by the routes that list it, and has no effect on others.',
    securitySchemes: {
      accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'From POST /v1/auth/login' },
    },
  },
  platform: {
    title: 'Tenantry platform',
    description:
      'What operators of the platform use, with a key of their own. No access token of a tenant opens it. An `Idempotency-Key` has no effect here: a tenant or a cluster that is made again is refused (409), since its name is taken, and the list shows what the first request did; a key of an operator that is made again is another key.',
    securitySchemes: {
      operatorKey: { type: 'http', scheme: 'bearer', description: "An operator's key, tok_..." },
    },
  },
} as const satisfies Record<Audience, object>;

const audienceOf = ({ terms: { message } }: Route): Audience =>
  message && isPlatform(message) ? 'platform' : 'tenants';

/** The OpenAPI 3.1 document of an audience's routes, from the schemas that validate. */
export function openApiDocument(routes: readonly Route[], audience: Audience, version: string): object {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes.filter((one) => audienceOf(one) === audience)) {
    paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  }
  const { title, description, securitySchemes } = abouts[audience];
  const document: ZodOpenApiObject = {
    openapi: '3.1.0',
    info: { title, version, description },
    servers: [{ url: '/' }],
    paths,
    components: { securitySchemes, headers: headerComponents, examples: problemExamples },
  };
  return createDocument(document);
}
