import { ErrorCatalogue, type ErrorCode, isErrorCode, type Message, problemOf } from '@tenantry/contracts';
import { z } from 'zod';
import type { ZodOpenApiComponentsObject, ZodOpenApiOperationObject } from 'zod-openapi';
import { problemType } from '../problem.js';
import { isPlatform } from '../route.js';
import { headersOfProblem } from './headers.js';
import type { Route } from './routes.js';

const FieldError = z
  .strictObject({
    pointer: z.string().meta({ description: 'JSON pointer (RFC 6901) into the body, or /name of a parameter' }),
    code: z.string(),
    message: z.string(),
  })
  .meta({ id: 'FieldError' });

const Problem = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    requestId: z.string(),
    errors: z.array(FieldError).optional(),
  })
  .meta({ id: 'Problem', description: 'Every answer that is not a success (RFC 9457).' });

const codes = Object.keys(ErrorCatalogue).filter(isErrorCode);
const ofStatus = (status: number): ErrorCode[] => codes.filter((code) => ErrorCatalogue[code].status === status);

/** What can go wrong before anybody knows which route is meant, or in us. */
const everywhere: readonly ErrorCode[] = [
  'bad-request',
  'unsupported-media-type',
  'rate-limited',
  'headers-too-large',
  'internal',
  'service-unavailable',
  'overloaded',
];

/** Which errors a route can answer with, by what is asked of its caller. */
function errorsOf({ terms: { message }, method, path }: Route): readonly ErrorCode[] {
  const found = new Set<ErrorCode>(everywhere);
  const add = (...more: readonly ErrorCode[]): void => more.forEach((code) => found.add(code));
  if (path.includes('{')) add('not-found');
  if (!message) return [...found];
  add('validation', 'deadline-exceeded');
  if (message.needs !== 'public') add('unauthenticated', 'token-expired', 'token-revoked', 'forbidden');
  if (!isPlatform(message)) add(...codes.filter((code) => code.startsWith('tenant-')));
  if (message.service === 'auth') add(...ofStatus(401), 'forbidden');
  if (method === 'get' && takesCursor(message)) add('invalid-cursor');
  if (message.keyed) add('idempotency-in-progress', 'idempotency-key-reused');
  if (message.ifMatch) add('precondition-failed', 'precondition-required');
  if (method !== 'get') add('payload-too-large', ...ofStatus(409));
  return codes.filter((code) => found.has(code));
}

const takesCursor = ({ request }: Message): boolean => request instanceof z.ZodObject && 'cursor' in request.shape;

/** The answers that are none: one a status, each code with what it means and an example. */
export function problemResponses(route: Route): ZodOpenApiOperationObject['responses'] {
  const byStatus = Map.groupBy(errorsOf(route), (code) => ErrorCatalogue[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, ofOne]) => [
      String(status),
      {
        description: ofOne.map((code) => `\`${code}\`: ${ErrorCatalogue[code].title}`).join('\n\n'),
        headers: headersOfProblem(status, route.method),
        content: {
          [problemType]: {
            schema: Problem,
            examples: Object.fromEntries(ofOne.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
          },
        },
      },
    ]),
  );
}

/** Each code as it is answered, once for all routes. */
export const problemExamples: NonNullable<ZodOpenApiComponentsObject['examples']> = Object.fromEntries(
  codes.map((code) => {
    const { type, title, status, detail } = problemOf(code, ErrorCatalogue[code].explanation);
    const value = {
      type,
      title,
      status,
      detail,
      instance: '/v1/products',
      requestId: '7b1e4a52-6a0e-4d0c-9d1f-2f6f0c1b7a3e',
    };
    return [code, { summary: title, value }];
  }),
);
