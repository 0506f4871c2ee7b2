import { ErrorCatalogue, type ErrorCode, isErrorCode, type Message } from '@tenantry/contracts';
import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { problemType } from '../problem.js';
import { isPlatform } from '../route.js';
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
    type: z.string().meta({ examples: ['/problems/validation'] }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    requestId: z.string(),
    errors: z.array(FieldError).optional(),
  })
  .meta({ id: 'Problem', description: 'Every answer that is not a success (RFC 9457).' });

const codes = Object.keys(ErrorCatalogue).filter(isErrorCode);
const everywhere: readonly ErrorCode[] = [
  'bad-request',
  'rate-limited',
  'internal',
  'service-unavailable',
  'deadline-exceeded',
];

/** Which errors a route can answer with, by what is asked of its caller. */
function errorsOf(message: Message | null, method: Route['method'], path: string): ErrorCode[] {
  if (!message) return path.includes('{') ? ['not-found', 'internal'] : ['internal', 'service-unavailable'];
  const found = new Set<ErrorCode>([...everywhere, 'validation']);
  if (message.needs !== 'public')
    for (const code of ['unauthenticated', 'token-expired', 'token-revoked', 'forbidden'] as const) found.add(code);
  if (!isPlatform(message)) {
    for (const code of codes) if (code.startsWith('tenant-')) found.add(code);
  }
  if (message.subject === 'auth.login') found.add('invalid-credentials');
  if (message.subject === 'auth.refresh')
    for (const code of codes) if (ErrorCatalogue[code].status === 401) found.add(code);
  if (path.includes('{')) found.add('not-found');
  if (message.ifMatch) for (const code of ['precondition-failed', 'precondition-required'] as const) found.add(code);
  if (method !== 'get' && method !== 'delete')
    for (const code of ['conflict', 'payload-too-large', 'unsupported-media-type'] as const) found.add(code);
  return [...found];
}

function problemResponses(found: readonly ErrorCode[]): ZodOpenApiOperationObject['responses'] {
  const byStatus = Map.groupBy(found, (code) => ErrorCatalogue[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      String(status),
      {
        description: ofStatus.map((code) => `\`${code}\`: ${ErrorCatalogue[code].explanation}`).join('\n\n'),
        content: { [problemType]: { schema: Problem } },
      },
    ]),
  );
}

const without = (schema: z.ZodObject, names: readonly string[]): z.ZodObject =>
  z.strictObject(Object.fromEntries(Object.entries(schema.shape).filter(([name]) => !names.includes(name))));

function operationOf({ method, path, name, terms }: Route): ZodOpenApiOperationObject {
  const { message, summary, statuses, hidden = [] } = terms;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter ?? '');
  const request = message?.request instanceof z.ZodObject ? message.request : undefined;
  const rest = request && without(request, [...inPath, ...hidden]);
  const takesBody = method !== 'get' && method !== 'delete';
  const isWhole = request && inPath.length + hidden.length === 0;
  const reply = message?.reply ?? terms.reply;
  const success = {
    description: 'Success',
    ...(message?.etag ? { headers: z.object({ ETag: entityTag }) } : {}),
    ...(reply && message?.status !== 204
      ? { content: { 'application/json': { schema: replyOf(message, reply) } } }
      : {}),
  };
  const parameters = {
    ...(inPath.length > 0
      ? { path: z.object(Object.fromEntries(inPath.map((one) => [one, request?.shape[one] ?? z.string()]))) }
      : {}),
    ...(rest && !takesBody && Object.keys(rest.shape).length > 0 ? { query: rest } : {}),
    ...headersOf(message, method),
  };
  return {
    operationId: name,
    summary,
    tags: [name.split('.', 1)[0] ?? ''],
    ...(message ? { description: `Needs: \`${message.needs}\`` } : {}),
    security:
      !message || message.needs === 'public' ? [] : [{ [isPlatform(message) ? 'operatorKey' : 'accessToken']: [] }],
    requestParams: parameters,
    ...(rest && takesBody
      ? { requestBody: { required: true, content: { 'application/json': { schema: isWhole ? request : rest } } } }
      : {}),
    responses: {
      ...Object.fromEntries((statuses ?? [message?.status ?? 200]).map((status) => [String(status), success])),
      ...(message?.etag && method === 'get' ? { 304: { description: 'If-None-Match names the present version' } } : {}),
      ...problemResponses(errorsOf(message, method, path)),
    },
  };
}

const entityTag = z.string().meta({ description: 'A strong entity tag (RFC 9110, 8.8.3)' });

/** Headers that change what a route does, where it is asked with none of them in the token. */
function headersOf(message: Message | null, method: Route['method']): { header?: z.ZodObject } {
  if (message?.ifMatch) return { header: z.object({ 'If-Match': entityTag }) };
  if (message?.etag && method === 'get') return { header: z.object({ 'If-None-Match': entityTag.optional() }) };
  if (message?.subject === 'tenants.create') {
    const prefer = z.string().optional().meta({ description: 'wait=N: held up to 4 s for the tenant (RFC 7240)' });
    return { header: z.object({ Prefer: prefer }) };
  }
  if (!message || isPlatform(message) || message.needs !== 'public') return {};
  const tenant = z.string().optional().meta({ description: "The tenant's slug, unless the subdomain names it" });
  return { header: z.object({ 'X-Tenant': tenant }) };
}

/** Creating a tenant answers with the tenant alone; its operation is in Location. */
const replyOf = (message: Message | null, reply: z.ZodType): z.ZodType =>
  message?.subject === 'tenants.create' && reply instanceof z.ZodObject ? (reply.shape['tenant'] as z.ZodType) : reply;

/** The OpenAPI 3.1 document of these routes, from the schemas that validate. */
export function openApiDocument(routes: readonly Route[], version: string): object {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  return createDocument({
    openapi: '3.1.0',
    info: { title: 'Tenantry', version, description: 'One database per tenant behind one gateway.' },
    paths,
    components: {
      securitySchemes: {
        accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'From POST /v1/auth/login' },
        operatorKey: { type: 'http', scheme: 'bearer', description: "An operator's key, tok_..." },
      },
    },
  });
}
