import type { Message } from '@tenantry/contracts';
import { z } from 'zod';
import type { ZodOpenApiComponentsObject, ZodOpenApiHeadersObject } from 'zod-openapi';
import { isPlatform, type RouteTerms } from '../route.js';
import type { Route } from './routes.js';

interface HeaderText {
  readonly description: string;
  readonly example: string;
}

const texts = {
  'X-Request-Id': {
    description:
      "The client's own id where it matches [A-Za-z0-9_-]{8,64}, else a new one; it stands in every log line of the request.",
    example: '7b1e4a52-6a0e-4d0c-9d1f-2f6f0c1b7a3e',
  },
  'RateLimit-Policy': {
    description:
      'The narrowest limit that counts here: q requests in w seconds (draft-ietf-httpapi-ratelimit-headers).',
    example: '"tenant";q=6000;w=60',
  },
  RateLimit: {
    description: 'How many of these are left (r), and for how many seconds (t).',
    example: '"tenant";r=5990;t=42',
  },
  'Retry-After': { description: 'Seconds until it is worth trying again (RFC 9110, 10.2.3).', example: '1' },
  'WWW-Authenticate': { description: 'What to authenticate with (RFC 6750, 3).', example: 'Bearer realm="tenantry"' },
  ETag: {
    description: 'The version answered, as a strong entity tag (RFC 9110, 8.8.3).',
    example: '"0192f0c12b3c7d4e8f506172839405a6-3"',
  },
  'Idempotency-Replayed': { description: 'It is the first answer to this Idempotency-Key, again.', example: 'true' },
  Location: {
    description: 'Where to find what was made, or how far it is.',
    example: '/v1/products/0192f0c1-2b3c-7d4e-8f50-6172839405a6',
  },
} as const satisfies Record<string, HeaderText>;
type HeaderName = keyof typeof texts;

const refer = (names: readonly HeaderName[]): ZodOpenApiHeadersObject =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** What the answers of all routes share, once. */
export const headerComponents: NonNullable<ZodOpenApiComponentsObject['headers']> = Object.fromEntries(
  Object.entries<HeaderText>(texts).map(([name, { description, example }]) => [
    name,
    { description, schema: { type: 'string' as const, examples: [example] } },
  ]),
);

const limits = ['RateLimit-Policy', 'RateLimit'] as const;

/** Whether who reads it may say which version they have. */
export const isTagged = ({ message, isTagged }: RouteTerms): boolean => message?.etag ?? isTagged ?? false;

export const headersOfSuccess = (status: number, terms: RouteTerms): ZodOpenApiHeadersObject =>
  refer([
    'X-Request-Id',
    ...limits,
    ...(isTagged(terms) ? (['ETag'] as const) : []),
    ...(terms.message?.keyed ? (['Idempotency-Replayed'] as const) : []),
    ...(status === 201 || status === 202 ? (['Location'] as const) : []),
  ]);

export const headersOfProblem = (status: number): ZodOpenApiHeadersObject =>
  refer([
    'X-Request-Id',
    ...(status === 429 ? limits : []),
    ...(status === 429 || status === 503 ? (['Retry-After'] as const) : []),
    ...(status === 401 ? (['WWW-Authenticate'] as const) : []),
  ]);

const entityTag = z.string().meta({ examples: [texts.ETag.example] });
const optional = (description: string, example: string) =>
  z
    .string()
    .optional()
    .meta({ description, examples: [example] });

/** Headers that change what a route does. */
export function requestHeadersOf({ method, terms }: Route): { header?: z.ZodObject } {
  const found: Record<string, z.ZodType> = terms.message ? headersOfMessage(terms.message) : {};
  if (isTagged(terms) && method === 'get') {
    found['If-None-Match'] = entityTag.optional().meta({ description: 'A version already known: answered with 304' });
  }
  return Object.keys(found).length > 0 ? { header: z.object(found) } : {};
}

function headersOfMessage(message: Message): Record<string, z.ZodType> {
  const found: Record<string, z.ZodType> = {};
  if (message.keyed) {
    const key = z
      .string()
      .min(1)
      .max(255)
      .meta({
        description: 'Under one key a write is done once, and its answer given again for 24 hours',
        examples: ['0192f0c1-2b3c-7d4e-8f50-6172839405a7'],
      });
    found['Idempotency-Key'] = message.keyed === 'required' ? key : key.optional();
  }
  if (message.ifMatch)
    found['If-Match'] = entityTag.meta({ description: 'The version that is meant, or * (RFC 9110, 13.1.1)' });
  if (!isPlatform(message)) {
    const isNamed = message.needs === 'public';
    found['X-Tenant'] = isNamed
      ? optional("The tenant's slug, unless the subdomain names it", 'acme')
      : optional("The slug of the token's tenant, or nothing: another is refused", 'acme');
  }
  if (message.subject === 'tenants.create') {
    found['Prefer'] = optional('wait=N: held up to 4 s for the tenant (RFC 7240)', 'wait=4');
  }
  return found;
}
