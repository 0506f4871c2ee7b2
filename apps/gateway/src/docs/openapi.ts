import { createDocument, type ZodOpenApiObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { isPlatform } from '../route.js';
import { headerComponents } from './headers.js';
import { operationOf } from './operation.js';
import { problemExamples } from './problems.js';
import { tagsOf } from './tags.js';
import type { Route } from './routes.js';

/** The two doors: what people of tenants use, and what operators of the platform do. */
export type Audience = 'tenants' | 'platform';

const conventions = `**Whatever is refused** is answered as \`application/problem+json\` (RFC 9457); [/problems](/problems) explains each type. **What is changed or deleted** is named with its
version: \`If-Match\` takes the \`ETag\` that it was read with, or \`*\` for any.`;

const abouts = {
  tenants: {
    title: 'Tenantry',
    description: `What the people of a tenant and their programs use.

**Log in** with \`POST /v1/auth/login\`: the tenant's slug in \`X-Tenant\` (unless the subdomain names it), e-mail and password in the body. Give the \`accessToken\` of the answer
as the bearer token of all other requests; on this page, paste it into *Authentication*. It says which tenant is meant, and is good for ten minutes; \`POST /v1/auth/refresh\` gives the next one.
The example of the login is a demo tenant's of \`npm start\`.

${conventions}

**What may be sent twice**: an \`Idempotency-Key\` is heeded by the routes that list it, and has no effect on others.`,
    securitySchemes: {
      accessToken: {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: 'The `accessToken` of POST /v1/auth/login',
      },
    },
  },
  platform: {
    title: 'Tenantry platform',
    description: `What operators of the platform use, with a key of their own as the bearer token; on this page, paste it into *Authentication*. \`npm start\` prints one.
No access token of a tenant is taken here.

${conventions}

**What may be sent twice**: an \`Idempotency-Key\` has no effect here. A tenant or a cluster that is made again is refused (409), since its name is taken, and the list shows
what the first request did. A run of migrations that is begun again is refused (409) while the first has not ended, and finds nothing to do after it. A key of an operator that
is made again is another key.`,
    securitySchemes: {
      operatorKey: { type: 'http', scheme: 'bearer', description: "An operator's key, `tok_...`" },
    },
  },
} as const satisfies Record<Audience, object>;

const audienceOf = ({ terms: { message } }: Route): Audience =>
  message && isPlatform(message) ? 'platform' : 'tenants';

/** The OpenAPI 3.1 document of an audience's routes, from the schemas that validate. */
export function openApiDocument(routes: readonly Route[], audience: Audience, version: string): object {
  const paths: ZodOpenApiPathsObject = {};
  const own = routes.filter((one) => audienceOf(one) === audience);
  for (const route of own) {
    paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  }
  const { title, description, securitySchemes } = abouts[audience];
  const document: ZodOpenApiObject = {
    openapi: '3.1.0',
    info: { title, version, description },
    servers: [{ url: '/' }],
    // What holds unless an operation says otherwise, as each does: pages offer it from the beginning.
    security: Object.keys(securitySchemes).map((name) => ({ [name]: [] })),
    tags: tagsOf(own),
    paths,
    components: { securitySchemes, headers: headerComponents, examples: problemExamples },
  };
  return createDocument(document);
}
