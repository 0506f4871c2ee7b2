import type { Message } from '@tenantry/contracts';
import { z } from 'zod';
import type { ZodOpenApiComponentsObject, ZodOpenApiHeadersObject } from 'zod-openapi';
import { acceptPatch } from '../problem.js';
import { isPlatform, type RouteTerms } from '../route.js';
import type { Route } from './routes.js';

interface HeaderText {
  /** Whether there is no answer without it, where it is said of one. */
  readonly isAlways?: boolean;
  readonly description: string;
  readonly example: string;
}

const texts = {
  'X-Request-Id': {
    isAlways: true,
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
  'Retry-After': {
    isAlways: true,
    description: 'Seconds until it is worth trying again (RFC 9110, 10.2.3).',
    example: '1',
  },
  'WWW-Authenticate': {
    isAlways: true,
    description: 'What to authenticate with (RFC 6750, 3).',
    example: 'Bearer realm="tenantry"',
  },
  ETag: {
    isAlways: true,
    description: 'The version answered, as a strong entity tag (RFC 9110, 8.8.3).',
    example: '"0192f0c1-2b3c-7d4e-8f50-6172839405a6.3"',
  },
  'Idempotency-Replayed': { description: 'It is the first answer to this Idempotency-Key, again.', example: 'true' },
  Link: {
    description: 'Where the next page is; on the last one there is none (RFC 8288).',
    example: '</v1/products?limit=20&cursor=c2VlIG5leHRDdXJzb3I>; rel="next"',
  },
  Location: {
    isAlways: true,
    description: 'Where to find what was made, or how far it is.',
    example: '/v1/products/0192f0c1-2b3c-7d4e-8f50-6172839405a6',
  },
  'Accept-Patch': { isAlways: true, description: 'What a PATCH may be sent as (RFC 5789, 3.1).', example: acceptPatch },
  'Preference-Applied': { description: 'What was honoured of Prefer (RFC 7240, 3).', example: 'wait=4' },
} as const satisfies Record<string, HeaderText>;
type HeaderName = keyof typeof texts;

const refer = (names: readonly HeaderName[]): ZodOpenApiHeadersObject =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** What the answers of all routes share, once. */
export const headerComponents: NonNullable<ZodOpenApiComponentsObject['headers']> = Object.fromEntries(
  Object.entries<HeaderText>(texts).map(([name, { description, example, isAlways }]) => [
    name,
    { description, ...(isAlways ? { required: true } : {}), schema: { type: 'string' as const, examples: [example] } },
  ]),
);

const limits = ['RateLimit-Policy', 'RateLimit'] as const;

/** Whether who reads it may say which version they have. */
export const isTagged = ({ message, isTagged }: RouteTerms): boolean => message?.etag ?? isTagged ?? false;

/** What is accepted without a word cannot be looked after. */
const isFollowed = ({ message }: RouteTerms): boolean =>
  message?.reply instanceof z.ZodObject && Object.keys(message.reply.shape).length > 0;

const isPaged = ({ message }: RouteTerms): boolean =>
  message?.reply instanceof z.ZodObject && 'nextCursor' in message.reply.shape;

export const headersOfSuccess = (status: number, terms: RouteTerms): ZodOpenApiHeadersObject =>
  refer([
    'X-Request-Id',
    ...limits,
    ...(isTagged(terms) ? (['ETag'] as const) : []),
    ...(terms.message?.keyed ? (['Idempotency-Replayed'] as const) : []),
    ...(isPaged(terms) ? (['Link'] as const) : []),
    ...(status === 201 || (status === 202 && isFollowed(terms)) ? (['Location'] as const) : []),
    ...(terms.message?.subject === 'tenants.create' ? (['Preference-Applied'] as const) : []),
  ]);

export const headersOfProblem = (status: number, method: Route['method']): ZodOpenApiHeadersObject =>
  refer([
    'X-Request-Id',
    ...(status === 429 ? limits : []),
    ...(status === 429 || status === 503 ? (['Retry-After'] as const) : []),
    ...(status === 415 && method === 'patch' ? (['Accept-Patch'] as const) : []),
    ...(status === 401 ? (['WWW-Authenticate'] as const) : []),
  ]);

/** What has an example is sent by pages that let people try an operation: few that may be left out have one. */
const optional = (description: string, example?: string) =>
  z
    .string()
    .optional()
    .meta({ description, ...(example === undefined ? {} : { examples: [example] }) });

/** Headers that change what a route does. */
export function requestHeadersOf({ method, terms }: Route): { header?: z.ZodObject } {
  const found: Record<string, z.ZodType> = terms.message ? headersOfMessage(terms.message) : {};
  if (isTagged(terms) && method === 'get') {
    found['If-None-Match'] = optional('The ETag of a version already known, which is answered with 304');
  }
  return Object.keys(found).length > 0 ? { header: z.object(found) } : {};
}

function headersOfMessage(message: Message): Record<string, z.ZodType> {
  const found: Record<string, z.ZodType> = {};
  if (message.keyed) {
    const key = z.string().min(1).max(255);
    const description = 'Under one key a write is done once, and its answer given again for 24 hours';
    found['Idempotency-Key'] =
      message.keyed === 'required'
        ? key.meta({ description, examples: ['0192f0c1-2b3c-7d4e-8f50-6172839405a7'] })
        : key.optional().meta({ description });
  }
  if (message.ifMatch)
    found['If-Match'] = z.string().meta({
      description: 'The ETag of the version that is meant, or * for any (RFC 9110, 13.1.1)',
      examples: ['*', texts.ETag.example],
    });
  if (!isPlatform(message)) {
    const isNamed = message.needs === 'public';
    found['X-Tenant'] = isNamed
      ? optional("The tenant's slug, unless the subdomain names it", 'acme')
      : optional("The slug of the token's tenant, or nothing: another is refused");
  }
  if (message.subject === 'tenants.create') {
    found['Prefer'] = optional('wait=N: held up to 4 s for the tenant (RFC 7240)', 'wait=4');
  }
  return found;
}
